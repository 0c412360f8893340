/* Convolution, int16, B4 weights.  Portable C: what other instruction sets must match. */
#include "mcup_window_s16.h"

void mcup_conv_2d_b4_s16(const mcup_conv_2d_s16_t *layer, const int16_t *input, int16_t *output)
{
    mcup_convolve_s16(layer, input, output, mcup_sum_b4_s16);
}
