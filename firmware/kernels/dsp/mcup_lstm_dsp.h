/* Sparse LSTM on Cortex-M4, M7 and M33: assembly (mcup_gate_rows.h, mcup_four_steps.h) and what it
 * leaves to C. */
#ifndef MCUP_LSTM_DSP_H
#define MCUP_LSTM_DSP_H

#include "mcup_lstm.h"

/* Rows of one scale, whose shift is to the right, times a column, or times four columns of `inputs`
 * bytes for the gates of four steps, 4 * units each, which hold nothing yet. */
typedef const uint8_t *mcup_gate_rows_t(const int8_t *column, const mcup_row_t *row,
                                        const mcup_row_t *end, const uint8_t *stream,
                                        int16_t *gates, int32_t inputs, int32_t units);

/* All four gates, of which each has one scale.  rows: of so many columns; sum: for shifts to the left */
static inline void mcup_lstm_gates(const mcup_matrix_t *matrix, const int8_t *column,
                                   int16_t *gates, mcup_gate_rows_t *rows, int columns,
                                   mcup_sum_t *sum)
{
    const int32_t units = matrix->rows / 4;
    const uint8_t *stream = matrix->stream;
    const mcup_row_t *row = matrix->row;

    for (int gate = 0; gate < 4; gate++, gates += units) {
        const mcup_row_t *end = row + units;
        if (row->shift > 0) {
            stream = rows(column, row, end, stream, gates, matrix->inputs, units);
            row = end;
        }
        for (int16_t *to = gates; row < end; row++, to++) {
            const uint8_t *next = stream;
            for (int i = 0; i < columns; i++) {
                next = stream;
                int16_t *gate_of_step = to + i * matrix->rows;
                const int32_t acc = sum(matrix, row, &next, column + i * matrix->inputs);
                const int32_t scaled = mcup_scale(acc, row->multiplier, row->shift);
                *gate_of_step = (int16_t)mcup_saturate_16(*gate_of_step + scaled);
            }
            stream = next;
        }
    }
}

#endif
