/* AVERAGE_POOL_2D, four channels at a time. */
#ifndef MCUP_AVERAGE_FOUR_H
#define MCUP_AVERAGE_FOUR_H

#include "mcup_math.h"
#include "mcup_pool_four.h"

static inline int8_t mcup_mean(const mcup_pool_2d_t *layer, int32_t sum, int32_t count)
{
    sum = (sum > 0 ? sum + (count >> 1) : sum - (count >> 1)) / count; /* halves away from zero */
    return mcup_clamp(sum, 0, layer->least, layer->most);
}

static inline void mcup_average_pixel(const mcup_pool_2d_t *layer, mcup_rectangle_t window, const int8_t *input,
                                      int8_t *output)
{
    const mcup_seen_t seen = mcup_seen(layer, window);
    const int32_t count = seen.height * seen.width;
    int32_t left = layer->channels;

    input += window.top * seen.row + window.left * seen.step;
    for (; left >= 4; left -= 4, input += 4) {
        int32_t sum[4];
        mcup_sum_of_four(&seen, input, sum);
        for (int i = 0; i < 4; i++) {
            *output++ = mcup_mean(layer, sum[i], count);
        }
    }
    for (; left > 0; left--) {
        *output++ = mcup_mean(layer, mcup_sum_of_one(&seen, input++), count);
    }
}

#endif
