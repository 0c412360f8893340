/* The rows of lstm_d8_s8.c. */
#include "mcup_column_rows.h"

    COLUMN_ROWS mcup_lstm_d8_rows, D8, 16, mcup_lstm_row
