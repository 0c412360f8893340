/* Convolution, int8, N4 weights: what conv_2d_n4_s8 computes, for rows whose absolute weights sum
 * to more than faster kernels of that name allow.  Portable C: what other instruction sets must
 * match. */
#include "mcup_window.h"

void mcup_conv_2d_n4_wide_s8(const mcup_conv_2d_t *layer, const int8_t *input, int8_t *output)
{
    mcup_convolve(layer, input, output, mcup_rows_n4);
}
