/* Columns of int16: a pixel of the window is so many bytes, whatever they are. */
#ifndef MCUP_WINDOW_S16_H
#define MCUP_WINDOW_S16_H

#include "mcup_matrix_s16.h"
#include "mcup_window.h"

static inline const int16_t *mcup_column_s16(const mcup_window_t *window, const int16_t *input,
                                             int y, int x)
{
    return (const int16_t *)(const void *)mcup_column(window, (const int8_t *)input, y, x);
}

/* Convolution by columns, with the sum of an encoding. */
static inline void mcup_convolve_s16(const mcup_conv_2d_s16_t *layer, const int16_t *input,
                                     int16_t *output, mcup_sum_s16_t *sum)
{
    for (int y = 0; y < layer->window.output_height; y++) {
        for (int x = 0; x < layer->window.output_width; x++) {
            mcup_rows_s16(&layer->matrix, mcup_column_s16(&layer->window, input, y, x), output,
                          sum);
            output += layer->matrix.rows;
        }
    }
}

#endif
