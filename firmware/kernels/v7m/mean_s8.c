/* MEAN, four neighbours at a time. */
#include "mcup_mean_four.h"

void mcup_mean_s8(const mcup_mean_t *layer, const int8_t *input, int8_t *output)
{
    mcup_mean(layer, input, output);
}
