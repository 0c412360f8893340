/* LSTM, D8 weights.  Portable C: what other instruction sets must match. */
#include "mcup_lstm.h"

MCUP_APART
static void products(const mcup_gate_matrix_t *matrix, const int8_t *column, int16_t *gates)
{
    mcup_gates(matrix, column, gates, mcup_sum_d8);
}

void mcup_lstm_d8_s8(const mcup_lstm_t *layer, const int8_t *input, int8_t *output)
{
    mcup_lstm(layer, input, output, products, 0);
}
