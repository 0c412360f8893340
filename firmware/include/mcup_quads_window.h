/* Windows three wide over a matrix in quads or pairs: what fast kernels must match. */
#ifndef MCUP_QUADS_WINDOW_H
#define MCUP_QUADS_WINDOW_H

#include "mcup_quads.h"

/* What a window sees of line y from column x on.  In quads (size 4) the order is (four channels,
 * column, channel), in pairs (size 2) it is (column, channel), filled up to a pair. */
static inline int8_t *mcup_quads_see(const mcup_window_t *window, const int8_t *input, int y, int x,
                                     int size, int8_t *to)
{
    const int step = size == 4 ? 4 : window->channels;
    const int8_t *line = input + y * window->input_width * window->channels;

    for (int plane = 0; plane < window->channels; plane += step) {
        for (int column = x; column < x + 3; column++) {
            const int inside =
                y >= 0 && y < window->input_height && column >= 0 && column < window->input_width;
            for (int channel = plane; channel < plane + step; channel++) {
                const int seen = inside && channel < window->channels;
                *to++ = seen ? line[column * window->channels + channel] : window->fill;
            }
        }
    }
    if (size == 2 && 3 * step % 2 != 0) {
        *to++ = 0;
    }
    return to;
}

static inline void mcup_quads_convolve(const mcup_conv_2d_lines_t *layer, const int8_t *input,
                                       int8_t *output, int size, mcup_products_t *products)
{
    const mcup_window_t *window = &layer->window;
    int8_t *const room = (int8_t *)layer->room;

    for (int y = 0; y < window->output_height; y++) {
        for (int x = 0; x < window->output_width; x++, output += layer->channels) {
            int8_t *to = room;
            for (int ky = 0; ky < window->kernel_height; ky++) {
                to = mcup_quads_see(window, input, y * window->stride_y - window->top + ky,
                                    x * window->stride_x - window->left, size, to);
            }
            mcup_quads_rows(&layer->matrix, 2, products, size, room, output);
        }
    }
}

#endif
