/* The rows of lstm_n4_s8.c. */
#include "mcup_column_rows.h"

    COLUMN_ROWS mcup_lstm_n4_rows, N4, 16, mcup_lstm_row
