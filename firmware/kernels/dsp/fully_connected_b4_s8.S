/* The rows of fully_connected_b4_s8.c. */
#include "mcup_column_rows.h"

    COLUMN_ROWS mcup_fully_connected_b4_rows, B4
