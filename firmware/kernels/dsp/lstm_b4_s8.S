/* The rows of lstm_b4_s8.c. */
#include "mcup_gate_rows.h"

    GATE_ROWS mcup_lstm_b4_rows, B4
