/* Depthwise convolution, int16, dense.  Portable C: what other instruction sets must match. */
#include "mcup_window_s16.h"

/* Every channel of one pixel; a tap of a channel is `channels` elements after the one before. */
static void depthwise_pixel(const mcup_depthwise_conv_2d_s16_t *layer, const int16_t *column,
                            int16_t *output)
{
    const mcup_matrix_s16_t *matrix = &layer->matrix;
    const int32_t channels = matrix->rows / layer->multiplier;
    const int8_t *weight = (const int8_t *)matrix->stream;
    const mcup_row_s16_t *row = matrix->row;

    for (int32_t channel = 0; channel < channels; channel++) {
        for (int i = 0; i < layer->multiplier; i++, row++) {
            const int16_t *x = column + channel;
            int64_t acc = row->bias;
            for (const int8_t *end = weight + matrix->inputs; weight < end; weight++) {
                acc += *weight * *x;
                x += channels;
            }
            *output++ = mcup_finish_row_s16(matrix, row, acc);
        }
    }
}

void mcup_depthwise_conv_2d_s16(const mcup_depthwise_conv_2d_s16_t *layer, const int16_t *input,
                                int16_t *output)
{
    for (int y = 0; y < layer->window.output_height; y++) {
        for (int x = 0; x < layer->window.output_width; x++) {
            depthwise_pixel(layer, mcup_column_s16(&layer->window, input, y, x), output);
            output += layer->matrix.rows;
        }
    }
}
