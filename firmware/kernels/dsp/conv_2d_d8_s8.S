/* The rows of conv_2d_d8_s8.c. */
#include "mcup_group_pack.h"
#include "mcup_group_rows.h"

    GROUP_ROWS mcup_conv_2d_d8_rows8, D8, LONG, 8, 4
    GROUP_ROWS mcup_conv_2d_d8_rows4, D8, LONG, 4, 3
    GROUP_PACK mcup_group_pack_long, LONG
