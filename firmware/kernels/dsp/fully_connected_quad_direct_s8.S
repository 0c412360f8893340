/* The rows of fully_connected_quad_direct_s8.c. */
#include "mcup_four_rows.h"

        FOUR_ROWS mcup_quads_four_rows_direct, 8, INPUTS
