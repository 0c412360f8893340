/* Sparse fully connected layers on Cortex-M4, M7 and M33: assembly (mcup_column_rows.h) and what
 * it leaves to C. */
#ifndef MCUP_COLUMN_H
#define MCUP_COLUMN_H

#include "mcup_bytes.h"
#include "mcup_matrix.h"

/* The output of a row whose shift assembly leaves alone.  Weak: in several kernels' files, the
 * linker keeps one. */
int32_t mcup_column_finish(const mcup_matrix_t *matrix, const mcup_row_t *row, int32_t sum);

__attribute__((weak)) int32_t mcup_column_finish(const mcup_matrix_t *matrix, const mcup_row_t *row,
                                                 int32_t sum)
{
    return mcup_finish_row(matrix, row, sum);
}

/* rows: what mcup_column_rows.h makes, saturated to int8 */
static inline void mcup_connect(const mcup_fully_connected_t *layer, const int8_t *input,
                                int8_t *output, mcup_rows_t *rows)
{
    const mcup_matrix_t *matrix = &layer->matrix;
    int8_t *to = output;

    for (int32_t i = 0; i < layer->batches; i++) {
        rows(matrix, input, to);
        input += matrix->inputs;
        to += matrix->rows;
    }
    mcup_clamp_bytes(output, layer->batches * matrix->rows, matrix->least, matrix->most);
}

#endif
