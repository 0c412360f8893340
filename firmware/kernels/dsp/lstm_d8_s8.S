/* The rows of lstm_d8_s8.c. */
#include "mcup_gate_rows.h"
#include "mcup_four_steps.h"

    GATE_ROWS mcup_lstm_d8_rows, D8
    FOUR_STEPS mcup_lstm_d8_four_steps, D8
