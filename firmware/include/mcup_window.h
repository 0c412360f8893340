/* What a sliding window sees: columns for convolutions. */
#ifndef MCUP_WINDOW_H
#define MCUP_WINDOW_H

#include "mcup_matrix.h"

#include <string.h>

/* The column of output pixel (y, x): gathered into window->column, or where the input has it. */
static inline const int8_t *mcup_column(const mcup_window_t *window, const int8_t *input, int y,
                                        int x)
{
    const size_t channels = (size_t)window->channels;
    const int top = y * window->stride_y - window->top;
    const int left = x * window->stride_x - window->left;

    if (window->column == NULL) {
        return input + (top * window->input_width + left) * window->channels;
    }
    int8_t *to = window->column;
    for (int ky = 0; ky < window->kernel_height; ky++) {
        const int from_y = top + ky * window->dilation_y;
        const int inside_y = from_y >= 0 && from_y < window->input_height;
        for (int kx = 0; kx < window->kernel_width; kx++, to += channels) {
            const int from_x = left + kx * window->dilation_x;
            if (inside_y && from_x >= 0 && from_x < window->input_width) {
                const int pixel = from_y * window->input_width + from_x;
                memcpy(to, input + pixel * window->channels, channels);
            } else {
                memset(to, window->fill, channels);
            }
        }
    }
    return window->column;
}

/* Convolution by columns; `rows` multiplies one by the matrix. */
static inline void mcup_convolve(const mcup_conv_2d_t *layer, const int8_t *input, int8_t *output,
                                 mcup_rows_t *rows)
{
    for (int y = 0; y < layer->window.output_height; y++) {
        for (int x = 0; x < layer->window.output_width; x++) {
            rows(&layer->matrix, mcup_column(&layer->window, input, y, x), output);
            output += layer->matrix.rows;
        }
    }
}

#endif
