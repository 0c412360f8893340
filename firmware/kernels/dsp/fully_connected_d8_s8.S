/* The rows of fully_connected_d8_s8.c. */
#include "mcup_column_rows.h"

    COLUMN_ROWS mcup_fully_connected_d8_rows, D8
