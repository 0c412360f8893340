/* LSTM, B4 weights, for Cortex-M4, M7 and M33. */
#include "mcup_lstm_dsp.h"

mcup_gate_rows_t mcup_lstm_b4_rows;
mcup_four_steps_t mcup_lstm_b4_four_steps;

MCUP_APART
static void products(const mcup_gate_matrix_t *matrix, const int8_t *column, int16_t *gates)
{
    mcup_lstm_gates(matrix, column, gates, mcup_lstm_b4_rows, mcup_sum_b4);
}

static void four(const mcup_gate_matrix_t *matrix, const int8_t *column, int16_t *gates,
                 int32_t units)
{
    mcup_lstm_four(matrix, column, gates, units, mcup_lstm_b4_four_steps, products);
}

void mcup_lstm_b4_s8(const mcup_lstm_t *layer, const int8_t *input, int8_t *output)
{
    mcup_lstm(layer, input, output, products, four);
}
