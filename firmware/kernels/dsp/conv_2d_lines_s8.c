/* Dense convolution under windows three wide, weights in quads.  A line is planes of four channels,
 * in each of which columns lie side by side: {Y, X}. */
#include "mcup_lines_dsp.h"
#include "mcup_quads_expand.h"

mcup_four_windows_t mcup_lines_four_windows;

enum { QUAD = 2 }; /* words */

/* Where the channels are no multiple of four, a quad takes the first ones of the next pixel for its
 * last ones, to which weights are zero.  The last pixel has no next one. */
static void expand_line(const mcup_conv_2d_lines_t *layer, const int8_t *input, int y, uint32_t *to)
{
    const mcup_window_t *window = &layer->window;
    const int32_t channels = window->channels;
    const int32_t seen = layer->width - window->left;
    const int32_t columns = seen < window->input_width ? seen : window->input_width;
    const int8_t *row = input + y * window->input_width * channels;

    if (y < 0 || y >= window->input_height) {
        mcup_quads_fill(window->fill, to, QUAD, layer->line / QUAD);
        return;
    }
    for (int32_t channel = 0; channel < channels; channel += 4) {
        const int32_t last = channels - channel < 4;
        to = mcup_quads_fill(window->fill, to, QUAD, window->left);
        to = mcup_quads_expand(row + channel, channels, to, QUAD, columns - last);
        if (last) {
            int8_t rest[4] = { 0 };
            for (int32_t i = channel; i < channels; i++) {
                rest[i - channel] = row[(columns - 1) * channels + i];
            }
            to = mcup_quads_expand(rest, 0, to, QUAD, 1);
        }
        to = mcup_quads_fill(window->fill, to, QUAD, seen - columns);
    }
}

void mcup_conv_2d_lines_s8(const mcup_conv_2d_lines_t *layer, const int8_t *input, int8_t *output)
{
    mcup_convolve_lines(layer, input, output, 4 * QUAD, 4 * QUAD * layer->width, expand_line,
                        mcup_lines_four_windows);
}
