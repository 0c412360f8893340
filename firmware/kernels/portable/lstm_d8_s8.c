/* LSTM, D8 weights.  Portable C: what other instruction sets must match. */
#include "mcup_lstm.h"

static void products(const mcup_matrix_t *matrix, const int8_t *column, int32_t columns,
                     int16_t *gates)
{
    mcup_all_gates(matrix, column, columns, gates, mcup_sum_d8);
}

void mcup_lstm_d8_s8(const mcup_lstm_t *layer, const int8_t *input, int8_t *output)
{
    mcup_lstm(layer, input, output, products);
}
