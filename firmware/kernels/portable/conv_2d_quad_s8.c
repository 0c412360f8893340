/* Dense convolution, weights in quads.  Portable C: what other instruction sets must match. */
#include "mcup_quads.h"
#include "mcup_window.h"

void mcup_conv_2d_quad_s8(const mcup_conv_2d_quad_t *layer, const int8_t *input, int8_t *output)
{
    const mcup_window_t *window = &layer->window;
    const int32_t inputs = window->kernel_height * window->kernel_width * window->channels;

    for (int y = 0; y < window->output_height; y++) {
        for (int x = 0; x < window->output_width; x++, output += layer->channels) {
            const int8_t *seen = mcup_column(window, input, y, x);
            const int8_t *column = mcup_quads_column(&layer->matrix, seen, inputs, layer->room);
            mcup_quads_rows(&layer->matrix, 2, mcup_quad_products, 4, column, output);
        }
    }
}
