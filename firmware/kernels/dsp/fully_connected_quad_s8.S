/* The rows of fully_connected_quad_s8.c. */
#include "mcup_four_rows.h"

        FOUR_ROWS mcup_quads_four_rows, 8, Y
