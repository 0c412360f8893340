/* The rows of conv_2d_d8_wide_s8.c. */
#include "mcup_group_pack.h"
#include "mcup_group_rows.h"

    GROUP_ROWS mcup_conv_2d_d8_wide_rows8, D8, WIDE, 8, 4
    GROUP_ROWS mcup_conv_2d_d8_wide_rows4, D8, WIDE, 4, 3
    GROUP_PACK mcup_group_pack_wide, WIDE
