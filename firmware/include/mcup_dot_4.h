/* Fully connected with dense weights, four rows at a time. */
#ifndef MCUP_DOT_4_H
#define MCUP_DOT_4_H

#include "mcup_matrix.h"

_Static_assert(sizeof(mcup_row_t) == 12 && offsetof(mcup_row_t, shift) == 8 &&
               offsetof(mcup_row_t, bytes) == 10 && offsetof(mcup_matrix_t, zero_point) == 16 &&
               offsetof(mcup_fully_connected_t, batches) == 20, "as mcup_pair_rows.h reads it");

/* In assembly: the products of four rows that follow one another and a column, summed. */
void mcup_dot_4(const int8_t *column, const int8_t *weights, int32_t inputs, int32_t sums[4]);

/* The last four rows reach back over rows that are done; fewer than four are computed singly. */
static inline void mcup_rows_by_4(const mcup_matrix_t *matrix, const int8_t *column, int8_t *output)
{
    const int8_t *const weights = (const int8_t *)matrix->stream;
    int32_t sums[4];

    if (matrix->rows < 4) {
        mcup_rows_dense(matrix, column, output);
        return;
    }
    for (int32_t i = 0; i < matrix->rows; i += 4) {
        const int32_t first = i < matrix->rows - 4 ? i : matrix->rows - 4;
        mcup_dot_4(column, weights + first * matrix->inputs, matrix->inputs, sums);
        for (int j = 0; j < 4; j++) {
            const mcup_row_t *row = &matrix->row[first + j];
            output[first + j] = mcup_finish_row(matrix, row, row->bias + sums[j]);
        }
    }
}

static inline void mcup_fully_connected_by_4(const mcup_fully_connected_t *layer,
                                             const int8_t *input, int8_t *output)
{
    for (int32_t i = 0; i < layer->batches; i++) {
        mcup_rows_by_4(&layer->matrix, input, output);
        input += layer->matrix.inputs;
        output += layer->matrix.rows;
    }
}

#endif
