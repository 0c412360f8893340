/* SVDF, int8, N4 features.  Portable C: what other instruction sets must match. */
#include "mcup_svdf.h"

void mcup_svdf_n4_s8(const mcup_svdf_t *layer, const int8_t *input, int8_t *output)
{
    mcup_svdf(layer, input, output, mcup_sum_n4);
}
