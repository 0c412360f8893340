/* Sparse LSTM on Cortex-M4, M7 and M33: assembly (mcup_gate_rows.h, mcup_four_steps.h) and what it
 * leaves to C. */
#ifndef MCUP_LSTM_DSP_H
#define MCUP_LSTM_DSP_H

#include "mcup_lstm.h"

/* Rows of a kind of gate whose shift is to the right, times a column; there is a row at least.  -> where the
 * stream goes on */
typedef const uint8_t *mcup_gate_rows_t(const int8_t *column, const mcup_gate_row_t *row,
                                        const mcup_gate_row_t *end, const uint8_t *stream,
                                        int16_t *gates, int32_t multiplier, int32_t shift);

/* The same, times four columns of `inputs` bytes: gates of four steps, 4 * units each, of which these
 * rows' hold nothing yet. */
typedef const uint8_t *mcup_four_steps_t(const int8_t *column, const mcup_gate_row_t *row,
                                         const mcup_gate_row_t *end, const uint8_t *stream,
                                         int16_t *gates, int32_t multiplier, int32_t shift,
                                         int32_t inputs, int32_t units);

/* All rows.  sum: for shifts to the left */
static inline void mcup_lstm_gates(const mcup_gate_matrix_t *matrix, const int8_t *column,
                                   int16_t *gates, mcup_gate_rows_t *rows, mcup_sum_t *sum)
{
    const uint8_t *stream = matrix->stream;
    const mcup_gate_row_t *row = matrix->row;

    for (int kind = 0; kind < 4; row += matrix->rows[kind++]) {
        const mcup_gate_row_t *end = row + matrix->rows[kind];
        if (matrix->shift[kind] <= 0) {
            stream = mcup_some_gates(matrix, row, end, stream, column, gates, sum);
        } else if (row < end) {
            stream = rows(column, row, end, stream, gates, matrix->multiplier[kind],
                          matrix->shift[kind]);
        }
    }
}

/* The same of four columns.  products: of one, where there are shifts to the left */
static inline void mcup_lstm_four(const mcup_gate_matrix_t *matrix, const int8_t *column,
                                  int16_t *gates, int32_t units, mcup_four_steps_t *steps,
                                  mcup_gates_t *products)
{
    const mcup_gate_row_t *row = matrix->row;
    const uint8_t *stream = matrix->stream;
    const int32_t *shift = matrix->shift;

    if (shift[0] > 0 && shift[1] > 0 && shift[2] > 0 && shift[3] > 0) {
        for (int kind = 0; kind < 4; row += matrix->rows[kind++]) {
            if (matrix->rows[kind] > 0) {
                stream = steps(column, row, row + matrix->rows[kind], stream, gates,
                               matrix->multiplier[kind], shift[kind], matrix->inputs, units);
            }
        }
        return;
    }
    for (int i = 0; i < 4; i++, column += matrix->inputs, gates += 4 * units) {
        products(matrix, column, gates);
    }
}

#endif
