/* The rows of lstm_d8_s8.c. */
#include "mcup_gate_rows.h"

    GATE_ROWS mcup_lstm_d8_rows, D8
