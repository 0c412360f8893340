/* The rows of lstm_n4_s8.c. */
#include "mcup_gate_rows.h"

    GATE_ROWS mcup_lstm_n4_rows, N4
