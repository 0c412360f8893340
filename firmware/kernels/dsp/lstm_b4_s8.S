/* The rows of lstm_b4_s8.c. */
#include "mcup_gate_rows.h"
#include "mcup_four_steps.h"

    GATE_ROWS mcup_lstm_b4_rows, B4
    FOUR_STEPS mcup_lstm_b4_four_steps, B4
