/* Convolution, int8, B4 weights, two pixels in one multiplication: packing.  The rows are in the
 * assembly of the same name. */
#include "mcup_split.h"

mcup_split_rows_t mcup_split_b4_8, mcup_split_b4_4;

void mcup_conv_2d_b4_split_s8(const mcup_conv_2d_split_t *layer, const int8_t *input,
                              int8_t *output)
{
    mcup_split_convolve(layer, input, output, mcup_split_b4_8, mcup_split_b4_4);
}
