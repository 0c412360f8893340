/* What split multiplication computes, a pixel at a time: the sum that the kernels of v6m and v7m
 * collect in the upper halves of their products, and do for each of two pixels. */
#ifndef MCUP_SPLIT_COLUMNS_H
#define MCUP_SPLIT_COLUMNS_H

#include "mcup_window.h"

typedef const uint8_t *mcup_split_row_sum_t(const uint8_t *stream, int32_t bytes,
                                            const int8_t *column, int32_t *sum);

/* weight * (x + 128), rounded down to where a borrow from the other pixel leaves it */
static inline int32_t mcup_split_product(uint8_t weight, int8_t x)
{
    const int32_t signed_weight = (int8_t)weight;

    return signed_weight * (x + 128) - (signed_weight < 0);
}

static inline int8_t mcup_split_output(const mcup_split_matrix_t *matrix,
                                       const mcup_split_row_t *row, int32_t sum)
{
    return mcup_clamp(mcup_scale(sum, row->multiplier, row->shift), matrix->zero_point,
                      matrix->least, matrix->most);
}

static inline void mcup_split_by_column(const mcup_conv_2d_split_t *layer, const int8_t *input,
                                      int8_t *output, mcup_split_row_sum_t *row_sum)
{
    const mcup_split_matrix_t *matrix = &layer->matrix;

    for (int y = 0; y < layer->window.output_height; y++) {
        for (int x = 0; x < layer->window.output_width; x++) {
            const int8_t *column = mcup_column(&layer->window, input, y, x);
            const uint8_t *stream = matrix->stream;
            for (int i = 0; i < matrix->rows; i++) {
                const mcup_split_row_t *row = &matrix->row[i];
                int32_t sum = row->high;
                stream = row_sum(stream, row->bytes, column, &sum);
                *output++ = mcup_split_output(matrix, row, sum);
            }
        }
    }
}

#endif
