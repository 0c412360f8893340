/* MEAN, four neighbours at a time, without long multiplications. */
#include "mcup_math_v6m.h"

#include "mcup_mean_four.h"

void mcup_mean_s8(const mcup_mean_t *layer, const int8_t *input, int8_t *output)
{
    mcup_mean(layer, input, output);
}
