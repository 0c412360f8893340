/* MAX_POOL_2D, four channels at a time. */
#ifndef MCUP_MAX_FOUR_H
#define MCUP_MAX_FOUR_H

#include "mcup_math.h"
#include "mcup_pool_four.h"

static inline void mcup_max_pixel(const mcup_pool_2d_t *layer, mcup_rectangle_t window, const int8_t *input,
                                  int8_t *output)
{
    const mcup_seen_t seen = mcup_seen(layer, window);
    int32_t left = layer->channels;

    input += window.top * seen.row + window.left * seen.step;
    for (; left >= 4; left -= 4, input += 4) {
        int32_t largest[4];
        mcup_largest_of_four(&seen, input, largest);
        for (int i = 0; i < 4; i++) {
            *output++ = mcup_clamp(largest[i], 0, layer->least, layer->most);
        }
    }
    for (; left > 0; left--) {
        *output++ = mcup_clamp(mcup_largest_of_one(&seen, input++), 0, layer->least, layer->most);
    }
}

#endif
