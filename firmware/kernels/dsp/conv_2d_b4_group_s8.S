/* The rows of conv_2d_b4_group_s8.c. */
#include "mcup_group_pack.h"
#include "mcup_group_rows.h"

    GROUP_ROWS mcup_conv_2d_b4_group_rows8, B4, QUADS, 8, 4
    GROUP_ROWS mcup_conv_2d_b4_group_rows4, B4, QUADS, 4, 3
    GROUP_PACK mcup_group_pack_quads, QUADS
