/* MAX_POOL_2D, four channels at a time. */
#ifndef MCUP_MAX_FOUR_H
#define MCUP_MAX_FOUR_H

#include "mcup_pool_four.h"

static inline int32_t mcup_larger_of(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* Neither of these is inline, for the registers. */
static __attribute__((noinline)) void mcup_max_four(const mcup_seen_t *seen, const int8_t *input,
                                                    int32_t result[4])
{
    const int32_t step = seen->step, row = seen->row, width = seen->width;
    int32_t a = INT8_MIN, b = a, c = a, d = a;

    for (int32_t y = seen->height; y > 0; y--, input += row) {
        const int8_t *from = input;
        int32_t x = width;
        do {
            a = mcup_larger_of(from[0], a);
            b = mcup_larger_of(from[1], b);
            c = mcup_larger_of(from[2], c);
            d = mcup_larger_of(from[3], d);
            from += step;
        } while (--x);
    }
    result[0] = a;
    result[1] = b;
    result[2] = c;
    result[3] = d;
}

static __attribute__((noinline)) int32_t mcup_max_one(const mcup_seen_t *seen, const int8_t *input)
{
    const int32_t step = seen->step, row = seen->row, width = seen->width;
    int32_t largest = INT8_MIN;

    for (int32_t y = seen->height; y > 0; y--, input += row) {
        const int8_t *from = input;
        for (int32_t x = width; x > 0; x--, from += step) {
            largest = mcup_larger_of(*from, largest);
        }
    }
    return largest;
}

static inline void mcup_max_pixel(const mcup_pool_2d_t *layer, mcup_rectangle_t window,
                                  const int8_t *input, int8_t *output)
{
    mcup_pool_pixel(layer, window, input, output, mcup_max_four, mcup_max_one);
}

#endif
