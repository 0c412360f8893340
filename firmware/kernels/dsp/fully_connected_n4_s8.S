/* The rows of fully_connected_n4_s8.c. */
#include "mcup_column_rows.h"

    COLUMN_ROWS mcup_fully_connected_n4_rows, N4
