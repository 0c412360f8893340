/* Convolution, int8, D8 weights that count words of tiles, two pixels in one multiplication.  The
 * rows are in the assembly of the same name. */
#include "mcup_split_tile.h"

mcup_split_rows_t mcup_split_d8_tile_8;

void mcup_conv_2d_d8_tile_split_s8(const mcup_conv_2d_split_t *layer, const int8_t *input,
                                   int8_t *output)
{
    mcup_split_convolve_tiles(layer, input, output, mcup_split_d8_tile_8);
}
