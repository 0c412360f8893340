/* Convolution, int8, N4 weights of any size, for Cortex-M4, M7 and M33. */
#include "mcup_group_columns.h"

mcup_group_rows_t mcup_conv_2d_n4_wide_rows8, mcup_conv_2d_n4_wide_rows4;

void mcup_conv_2d_n4_wide_s8(const mcup_conv_2d_t *layer, const int8_t *input, int8_t *output)
{
    mcup_convolve_groups(layer, input, output, mcup_conv_2d_n4_wide_rows8,
                         mcup_conv_2d_n4_wide_rows4, mcup_group_pack_wide);
}
