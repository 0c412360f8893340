/* From the gates of an LSTM's step to its output, logistic function and tanh computed. */
#include "mcup_lstm.h"
#include "mcup_sigmoid.h"

void mcup_lstm_cells_s8(const mcup_lstm_cell_t *cells, const int16_t *gates, int8_t *output)
{
    mcup_lstm_finish(cells, gates, output, mcup_logistic_q3, mcup_tanh);
}
