/* The rows of lstm_quad_s8.c. */
#include "mcup_four_rows.h"

        FOUR_ROWS mcup_lstm_four_rows, 16, Y
