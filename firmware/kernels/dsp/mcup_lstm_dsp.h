/* Sparse LSTM on Cortex-M4, M7 and M33: assembly (mcup_gate_rows.h, mcup_four_steps.h) and what it
 * leaves to C. */
#ifndef MCUP_LSTM_DSP_H
#define MCUP_LSTM_DSP_H

#include "mcup_lstm.h"

/* Rows of one scale, whose shift is to the right, times a column. */
typedef const uint8_t *mcup_gate_rows_t(const int8_t *column, const mcup_row_t *row,
                                        const mcup_row_t *end, const uint8_t *stream,
                                        int16_t *gates);

/* The same, times four columns of `inputs` bytes: gates of four steps, 4 * units each, which hold
 * nothing yet. */
typedef const uint8_t *mcup_four_steps_t(const int8_t *column, const mcup_row_t *row,
                                         const mcup_row_t *end, const uint8_t *stream,
                                         int16_t *gates, int32_t inputs, int32_t units);

/* All four gates, of which each has one scale.  sum: for shifts to the left */
static inline void mcup_lstm_gates(const mcup_matrix_t *matrix, const int8_t *column,
                                   int16_t *gates, mcup_gate_rows_t *rows, mcup_sum_t *sum)
{
    const int32_t units = matrix->rows / 4;
    const uint8_t *stream = matrix->stream;
    const mcup_row_t *row = matrix->row;

    for (const mcup_row_t *last = row + matrix->rows; row < last; gates += units) {
        const mcup_row_t *end = row + units;
        if (row->shift > 0) {
            stream = rows(column, row, end, stream, gates);
            row = end;
        }
        for (int16_t *gate = gates; row < end; row++, gate++) {
            const int32_t acc = sum(matrix, row, &stream, column);
            *gate = (int16_t)mcup_saturate_16(*gate + mcup_scale(acc, row->multiplier, row->shift));
        }
    }
}

/* The same of four columns.  products: of one, where there are shifts to the left */
static inline void mcup_lstm_four(const mcup_matrix_t *matrix, const int8_t *column, int16_t *gates,
                                  mcup_four_steps_t *steps, mcup_gates_t *products)
{
    const int32_t units = matrix->rows / 4;
    const mcup_row_t *row = matrix->row;
    const uint8_t *stream = matrix->stream;

    if (row[0].shift > 0 && row[units].shift > 0 && row[2 * units].shift > 0
        && row[3 * units].shift > 0) {
        for (int gate = 0; gate < 4; gate++, row += units, gates += units) {
            stream = steps(column, row, row + units, stream, gates, matrix->inputs, units);
        }
        return;
    }
    for (int i = 0; i < 4; i++, column += matrix->inputs, gates += matrix->rows) {
        products(matrix, column, gates);
    }
}

#endif
