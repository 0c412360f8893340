/* Sparse LSTM on Cortex-M4, M7 and M33: assembly (mcup_column_rows.h) and what it leaves to C. */
#ifndef MCUP_LSTM_DSP_H
#define MCUP_LSTM_DSP_H

#include "mcup_lstm.h"

/* What a row whose shift assembly leaves alone adds to its gate.  Weak: in several kernels' files,
 * the linker keeps one. */
int32_t mcup_lstm_row(const mcup_matrix_t *matrix, const mcup_row_t *row, int32_t sum);

__attribute__((weak)) int32_t mcup_lstm_row(const mcup_matrix_t *matrix, const mcup_row_t *row,
                                            int32_t sum)
{
    const int32_t scaled = mcup_scale(sum, row->multiplier, row->shift);
    const int32_t most = 2 * INT16_MAX + 1; /* saturates whatever the gate is */

    (void)matrix;
    return scaled > most ? most : scaled < -most ? -most : scaled;
}

#endif
