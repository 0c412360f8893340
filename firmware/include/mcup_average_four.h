/* AVERAGE_POOL_2D, four channels at a time. */
#ifndef MCUP_AVERAGE_FOUR_H
#define MCUP_AVERAGE_FOUR_H

#include "mcup_pool_four.h"

static inline int32_t mcup_mean_of(int32_t sum, int32_t count)
{
    return (sum > 0 ? sum + (count >> 1) : sum - (count >> 1)) / count; /* halves away from zero */
}

/* Neither of these is inline, for the registers. */
static __attribute__((noinline)) void mcup_average_four(const mcup_seen_t *seen,
                                                        const int8_t *input, int32_t result[4])
{
    const int32_t step = seen->step, row = seen->row, width = seen->width;
    int32_t a = 0, b = 0, c = 0, d = 0;

    for (int32_t y = seen->height; y > 0; y--, input += row) {
        const int8_t *from = input;
        int32_t x = width;
        do {
            a += from[0];
            b += from[1];
            c += from[2];
            d += from[3];
            from += step;
        } while (--x);
    }
    result[0] = mcup_mean_of(a, seen->count);
    result[1] = mcup_mean_of(b, seen->count);
    result[2] = mcup_mean_of(c, seen->count);
    result[3] = mcup_mean_of(d, seen->count);
}

static __attribute__((noinline)) int32_t mcup_average_one(const mcup_seen_t *seen,
                                                          const int8_t *input)
{
    const int32_t step = seen->step, row = seen->row, width = seen->width;
    int32_t sum = 0;

    for (int32_t y = seen->height; y > 0; y--, input += row) {
        const int8_t *from = input;
        for (int32_t x = width; x > 0; x--, from += step) {
            sum += *from;
        }
    }
    return mcup_mean_of(sum, seen->count);
}

static inline void mcup_average_pixel(const mcup_pool_2d_t *layer, mcup_rectangle_t window,
                                      const int8_t *input, int8_t *output)
{
    mcup_pool_pixel(layer, window, input, output, mcup_average_four, mcup_average_one);
}

#endif
