/* Convolution, int8, B4 weights of images whose channels are a multiple of four, for Cortex-M4, M7
 * and M33. */
#include "mcup_group_columns.h"

mcup_group_rows_t mcup_conv_2d_b4_group_rows8, mcup_conv_2d_b4_group_rows4;

void mcup_conv_2d_b4_group_s8(const mcup_conv_2d_t *layer, const int8_t *input, int8_t *output)
{
    mcup_convolve_groups(layer, input, output, mcup_conv_2d_b4_group_rows8,
                         mcup_conv_2d_b4_group_rows4, mcup_group_pack_quads);
}
