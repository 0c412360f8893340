/* Depthwise convolution, a channel at a time, from a copy.  Portable C: the definition that the
 * other instruction sets must match.  The output may take the input's memory, as mcup_plane.h says.
 */
#include "mcup_depthwise_taps.h"

static void copy_channel(const mcup_window_t *window, const int8_t *input)
{
    int8_t *to = window->column;

    for (int32_t left = window->input_height * window->input_width; left > 0; left--) {
        *to++ = *input;
        input += window->channels;
    }
}

void mcup_depthwise_conv_2d_plane_s8(const mcup_depthwise_conv_2d_t *layer, const int8_t *input,
                                     int8_t *output)
{
    const mcup_window_t *w = &layer->window;

    for (int channel = 0; channel < layer->matrix.rows; channel++) {
        int8_t *to = output + channel;
        if (channel % layer->multiplier == 0) {
            copy_channel(w, input++);
        }
        for (int y = 0; y < w->output_height; y++) {
            for (int x = 0; x < w->output_width; x++, to += layer->matrix.rows) {
                *to = mcup_depthwise_output(layer, w->column, 1, y, x, channel);
            }
        }
    }
}
