/* Dense convolution under windows three wide, weights in quads.  Portable C: what other instruction
 * sets must match. */
#include "mcup_quads_window.h"

void mcup_conv_2d_lines_s8(const mcup_conv_2d_lines_t *layer, const int8_t *input, int8_t *output)
{
    mcup_quads_convolve(layer, input, output, 4, mcup_quad_products);
}
