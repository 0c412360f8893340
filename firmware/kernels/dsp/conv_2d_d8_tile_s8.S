/* The rows of conv_2d_d8_tile_s8.c: a delta counts words. */
#include "mcup_group_pack.h"
#include "mcup_group_rows.h"

    GROUP_ROWS mcup_conv_2d_d8_tile_rows8, D8, LONG, 8, 2
    GROUP_PACK mcup_group_pack_long, LONG
