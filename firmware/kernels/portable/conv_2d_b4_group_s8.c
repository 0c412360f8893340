/* Convolution, int8, B4 weights: what conv_2d_b4_s8 computes, of images whose channels are a
 * multiple of four.  Portable C: what other instruction sets must match. */
#include "mcup_window.h"

void mcup_conv_2d_b4_group_s8(const mcup_conv_2d_t *layer, const int8_t *input, int8_t *output)
{
    mcup_convolve(layer, input, output, mcup_rows_b4);
}
