/* The rows of lstm_b4_s8.c. */
#include "mcup_column_rows.h"

    COLUMN_ROWS mcup_lstm_b4_rows, B4, 16, mcup_lstm_row
