/* One phase of a TRANSPOSE_CONV, int8, N4 weights.  Portable C: what other instruction sets must match. */
#include "mcup_transpose_conv.h"

void mcup_transpose_conv_n4_s8(const mcup_transpose_conv_t *layer, const int8_t *input,
                               int8_t *output)
{
    mcup_transpose_convolve(layer, input, output, mcup_rows_n4);
}
