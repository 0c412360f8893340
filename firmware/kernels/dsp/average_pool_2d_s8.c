/* AVERAGE_POOL_2D with the DSP extension: four channels at a time, summed in the halves of two
 * words. */
#include "mcup_pool_words.h"

#define MOST_PIXELS 256 /* whose sum a half holds */

static uint32_t mean(int32_t sum, int32_t count)
{
    const int32_t half = count >> 1;

    return (uint8_t)((sum > 0 ? sum + half : sum - half) / count); /* halves away from zero */
}

/* Neither of the next two is inline, for the registers. */
static __attribute__((noinline)) uint32_t mean_of_one(const mcup_seen_t *seen, const int8_t *input)
{
    const int32_t step = seen->step, row = seen->row, width = seen->width;
    int32_t sum = 0;

    for (int32_t y = seen->height; y > 0; y--, input += row) {
        const int8_t *from = input;
        for (int32_t x = width; x > 0; x--, from += step) {
            sum += *from;
        }
    }
    return mean(sum, seen->count);
}

/* at most MOST_PIXELS */
static __attribute__((noinline)) uint32_t mean_of_four(const mcup_seen_t *seen, const int8_t *input)
{
    const int32_t step = seen->step, row = seen->row, width = seen->width;
    const int32_t count = seen->count;
    int16x2_t even = 0;
    int16x2_t odd = 0;

    for (int32_t y = seen->height; y > 0; y--, input += row) {
        const int8_t *from = input;
        int32_t x = width;
        do {
            const uint32_t four = mcup_load(from);
            from += step;
            even = __sxtab16(even, (int8x4_t)four);
            odd = __sxtab16(odd, (int8x4_t)(four >> 8 | four << 24));
        } while (--x);
    }
    return mean((int16_t)even, count) | mean((int16_t)odd, count) << 8 | mean((int32_t)even >> 16,
                                                                              count) << 16
         | mean((int32_t)odd >> 16, count) << 24;
}

static uint32_t mean_of_any_four(const mcup_seen_t *seen, const int8_t *input)
{
    uint32_t means = 0;

    if (seen->count <= MOST_PIXELS) {
        return mean_of_four(seen, input);
    }
    for (int i = 0; i < 4; i++) {
        means |= mean_of_one(seen, input + i) << 8 * i;
    }
    return means;
}

static void average_pixel(const mcup_pool_2d_t *layer, mcup_rectangle_t window,
                          const int8_t *input, int8_t *output)
{
    mcup_pool_pixel(layer, window, input, output, mean_of_any_four, mean_of_one);
}

void mcup_average_pool_2d_s8(const mcup_pool_2d_t *layer, const int8_t *input, int8_t *output)
{
    mcup_pool(layer, input, output, average_pixel);
}
