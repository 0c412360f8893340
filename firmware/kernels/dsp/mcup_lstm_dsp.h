/* Sparse LSTM on Cortex-M4, M7 and M33: assembly (mcup_gate_rows.h) and what it leaves to C. */
#ifndef MCUP_LSTM_DSP_H
#define MCUP_LSTM_DSP_H

#include "mcup_lstm.h"

typedef const uint8_t *mcup_gate_rows_t(const int8_t *column, const mcup_row_t *row,
                                        const mcup_row_t *end, const uint8_t *stream,
                                        int16_t *gates);

/* All four gates, of which each has one scale.  rows: for shifts to the right; sum: for others */
static inline void mcup_lstm_gates(const mcup_matrix_t *matrix, const int8_t *column,
                                   int16_t *gates, mcup_gate_rows_t *rows, mcup_sum_t *sum)
{
    const int32_t units = matrix->rows / 4;
    const uint8_t *stream = matrix->stream;
    const mcup_row_t *row = matrix->row;

    for (int gate = 0; gate < 4; gate++, row += units, gates += units) {
        if (row->shift > 0) {
            stream = rows(column, row, row + units, stream, gates);
        } else {
            stream = mcup_gates(matrix, row, row + units, stream, column, gates, sum);
        }
    }
}

#endif
