/* The rows of lstm_n4_s8.c. */
#include "mcup_gate_rows.h"
#include "mcup_four_steps.h"

    GATE_ROWS mcup_lstm_n4_rows, N4
    FOUR_STEPS mcup_lstm_n4_four_steps, N4
