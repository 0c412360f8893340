/* The state that an LSTM begins with. */
#include "mcup_lstm.h"

void mcup_lstm_reset(const mcup_lstm_cell_t *cells)
{
    mcup_lstm_begin(cells);
}
