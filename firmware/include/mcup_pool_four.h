/* Pooling four channels at a time, a register each: for cores without SIMD. */
#ifndef MCUP_POOL_FOUR_H
#define MCUP_POOL_FOUR_H

#include "mcup_pool.h"

/* Where a window lies in the image, seen by one channel. */
typedef struct {
    int32_t height, width;
    int32_t step; /* from pixel to pixel */
    int32_t row;  /* from row to row */
} mcup_seen_t;

static inline mcup_seen_t mcup_seen(const mcup_pool_2d_t *layer, mcup_rectangle_t window)
{
    const int32_t row = layer->input_width * layer->channels;
    const mcup_seen_t seen = { window.bottom - window.top, window.right - window.left, layer->channels, row };

    if (seen.width == layer->input_width) { /* rows follow one another: one of them all */
        return (mcup_seen_t){ 1, seen.height * seen.width, layer->channels, row };
    }
    return seen;
}

/* Not inline, for the registers; nor are the others. */
static __attribute__((noinline, unused)) void mcup_sum_of_four(const mcup_seen_t *seen, const int8_t *input,
                                                               int32_t sum[4])
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
    sum[0] = a;
    sum[1] = b;
    sum[2] = c;
    sum[3] = d;
}

static __attribute__((noinline, unused)) int32_t mcup_sum_of_one(const mcup_seen_t *seen, const int8_t *input)
{
    const int32_t step = seen->step, row = seen->row, width = seen->width;
    int32_t sum = 0;

    for (int32_t y = seen->height; y > 0; y--, input += row) {
        const int8_t *from = input;
        for (int32_t x = width; x > 0; x--, from += step) {
            sum += *from;
        }
    }
    return sum;
}

static inline int32_t mcup_larger_of(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static __attribute__((noinline, unused)) void mcup_largest_of_four(const mcup_seen_t *seen, const int8_t *input,
                                                                   int32_t largest[4])
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
    largest[0] = a;
    largest[1] = b;
    largest[2] = c;
    largest[3] = d;
}

static __attribute__((noinline, unused)) int32_t mcup_largest_of_one(const mcup_seen_t *seen, const int8_t *input)
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

#endif
