/* MAX_POOL_2D, four channels at a time. */
#include "mcup_max_four.h"

void mcup_max_pool_2d_s8(const mcup_pool_2d_t *layer, const int8_t *input, int8_t *output)
{
    mcup_pool(layer, input, output, mcup_max_pixel);
}
