/* Convolution, int8, D8 weights that count the words of packed rows.  Portable C: what other
 * instruction sets must match.  Each column is spread as the words of one pixel are. */
#include "mcup_matrix.h"
#include "mcup_tile.h"

/* What one pixel sees at (y, x) of the image, a channel every `width` bytes. */
static void spread(const mcup_conv_2d_tile_t *layer, const int8_t *input, int y, int x, int8_t *to)
{
    const mcup_window_t *window = &layer->window;
    const int inside = y >= 0 && y < window->input_height && x >= 0 && x < window->input_width;
    const int8_t *from = input + (y * window->input_width + x) * window->channels;

    for (int c = 0; c < window->channels; c++, to += layer->width) {
        *to = inside ? from[c] : window->fill;
    }
}

static void gather(const mcup_conv_2d_tile_t *layer, const int8_t *input, int top, int left)
{
    const mcup_window_t *window = &layer->window;
    int8_t *to = window->column;

    for (int ky = 0; ky < window->kernel_height; ky++) {
        int word = 0;
        for (int phase = 0; phase < window->stride_x && phase < window->kernel_width; phase++) {
            for (int kx = phase; kx < window->kernel_width; kx += window->stride_x) {
                spread(layer, input, top + ky, left + kx, to + word + kx / window->stride_x);
            }
            word += mcup_tile_places(window, phase);
        }
        to += layer->width * window->channels;
    }
}

void mcup_conv_2d_d8_tile_s8(const mcup_conv_2d_tile_t *layer, const int8_t *input, int8_t *output)
{
    const mcup_window_t *window = &layer->window;

    for (int y = 0; y < window->output_height; y++) {
        for (int x = 0; x < window->output_width; x++) {
            gather(layer, input, y * window->stride_y - window->top,
                   x * window->stride_x - window->left);
            mcup_rows_d8(&layer->matrix, window->column, output);
            output += layer->matrix.rows;
        }
    }
}
