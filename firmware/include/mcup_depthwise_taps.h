/* Depthwise convolution without a gathered column, one output after the other: the definition of
 * the kernels that read the image where it lies. */
#ifndef MCUP_DEPTHWISE_TAPS_H
#define MCUP_DEPTHWISE_TAPS_H

#include "mcup_matrix.h"

/* Output pixel (y, x) of an output channel; input: its own channel, `step` bytes from pixel to pixel
 */
static inline int8_t mcup_depthwise_output(const mcup_depthwise_conv_2d_t *layer,
                                           const int8_t *input, int step, int y, int x, int channel)
{
    const mcup_window_t *w = &layer->window;
    const mcup_row_t *row = layer->matrix.row + channel;
    const int8_t *weight = (const int8_t *)layer->matrix.stream + channel * layer->matrix.inputs;
    int32_t acc = row->bias;

    for (int ky = 0; ky < w->kernel_height; ky++) {
        const int from_y = y * w->stride_y - w->top + ky * w->dilation_y;
        for (int kx = 0; kx < w->kernel_width; kx++) {
            const int from_x = x * w->stride_x - w->left + kx * w->dilation_x;
            const int pixel = from_y * w->input_width + from_x;
            const int inside = from_y >= 0 && from_y < w->input_height && from_x >= 0
                            && from_x < w->input_width;
            acc += *weight++ * (inside ? input[pixel * step] : w->fill);
        }
    }
    return mcup_finish_row(&layer->matrix, row, acc);
}

static inline void mcup_depthwise_taps(const mcup_depthwise_conv_2d_t *layer, const int8_t *input,
                                       int8_t *output)
{
    for (int y = 0; y < layer->window.output_height; y++) {
        for (int x = 0; x < layer->window.output_width; x++) {
            for (int channel = 0; channel < layer->matrix.rows; channel++) {
                *output++ = mcup_depthwise_output(layer, input + channel / layer->multiplier,
                                                  layer->window.channels, y, x, channel);
            }
        }
    }
}

#endif
