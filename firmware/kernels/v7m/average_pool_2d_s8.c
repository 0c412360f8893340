/* AVERAGE_POOL_2D, four channels at a time. */
#include "mcup_average_four.h"

void mcup_average_pool_2d_s8(const mcup_pool_2d_t *layer, const int8_t *input, int8_t *output)
{
    mcup_pool(layer, input, output, mcup_average_pixel);
}
