/* Depthwise convolution, int8, dense.  Portable C: what other instruction sets must match. */
#include "mcup_window.h"

/* Every channel of one pixel; a tap of a channel is `channels` bytes after the one before. */
static void depthwise_pixel(const mcup_depthwise_conv_2d_t *layer, const int8_t *column,
                            int8_t *output)
{
    const mcup_matrix_t *matrix = &layer->matrix;
    const int8_t *weight = (const int8_t *)matrix->stream;
    const mcup_row_t *row = matrix->row;

    for (int channel = 0; channel < layer->window.channels; channel++) {
        for (int i = 0; i < layer->multiplier; i++, row++) {
            const int8_t *x = column + channel;
            int32_t acc = row->bias;
            for (const int8_t *end = weight + matrix->inputs; weight < end; weight++) {
                acc += *weight * *x;
                x += layer->window.channels;
            }
            *output++ = mcup_finish_row(matrix, row, acc);
        }
    }
}

void mcup_depthwise_conv_2d_s8(const mcup_depthwise_conv_2d_t *layer, const int8_t *input,
                               int8_t *output)
{
    for (int y = 0; y < layer->window.output_height; y++) {
        for (int x = 0; x < layer->window.output_width; x++) {
            depthwise_pixel(layer, mcup_column(&layer->window, input, y, x), output);
            output += layer->matrix.rows;
        }
    }
}
