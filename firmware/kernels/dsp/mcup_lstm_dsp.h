/* Sparse LSTM on Cortex-M4, M7 and M33: assembly (mcup_gate_rows.h, mcup_four_steps.h) and what it
 * leaves to C. */
#ifndef MCUP_LSTM_DSP_H
#define MCUP_LSTM_DSP_H

#include "mcup_lstm.h"

/* Rows of one scale, whose shift is to the right.  With four columns, those of the gates of four
 * steps, which hold nothing yet.  inputs: from one column to the next; units: a quarter of that
 * between gates */
typedef const uint8_t *mcup_gate_rows_t(const int8_t *column, const mcup_row_t *row,
                                        const mcup_row_t *end, const uint8_t *stream,
                                        int16_t *gates, int32_t inputs, int32_t units);

/* All four gates, of which each has one scale.  rows: for one column or four; sum: for shifts to the
 * left */
static inline void mcup_lstm_gates(const mcup_matrix_t *matrix, const int8_t *column,
                                   int32_t columns, int16_t *gates, mcup_gate_rows_t *rows,
                                   mcup_sum_t *sum)
{
    const int32_t units = matrix->rows / 4, inputs = matrix->inputs;
    const int32_t calls = columns == 4 ? 1 : columns;

    for (int32_t call = 0; call < calls; call++, column += inputs, gates += matrix->rows) {
        const uint8_t *stream = matrix->stream;
        const mcup_row_t *row = matrix->row;
        for (int32_t at = 0; at < matrix->rows; at += units, row += units) {
            const uint8_t *next = stream;
            if (row->shift > 0) {
                next = rows(column, row, row + units, stream, gates + at, inputs, units);
            } else {
                for (int32_t i = 0; i < columns / calls; i++) {
                    next = mcup_gates(matrix, row, row + units, stream, column + i * inputs,
                                      gates + i * matrix->rows + at, sum);
                }
            }
            stream = next;
        }
    }
}

#endif
