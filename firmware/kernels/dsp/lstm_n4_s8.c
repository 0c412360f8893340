/* LSTM, N4 weights, for Cortex-M4, M7 and M33. */
#include "mcup_lstm_dsp.h"

mcup_gates_t mcup_lstm_n4_rows;

void mcup_lstm_n4_s8(const mcup_lstm_t *layer, const int8_t *input, int8_t *output)
{
    mcup_lstm(layer, input, output, mcup_lstm_n4_rows);
}
