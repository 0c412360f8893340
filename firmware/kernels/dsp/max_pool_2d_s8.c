/* MAX_POOL_2D with the DSP extension: four channels at a time. */
#include "mcup_pool_words.h"

/* Neither of these is inline, for the registers. */
static __attribute__((noinline)) uint32_t largest_of_four(const mcup_seen_t *seen,
                                                          const int8_t *input)
{
    const int32_t step = seen->step, row = seen->row, width = seen->width;
    uint32_t largest = mcup_spread(INT8_MIN);

    for (int32_t y = seen->height; y > 0; y--, input += row) {
        const int8_t *from = input;
        int32_t x = width;
        do {
            largest = mcup_larger(mcup_load(from), largest);
            from += step;
        } while (--x);
    }
    return largest;
}

static __attribute__((noinline)) uint32_t largest_of_one(const mcup_seen_t *seen,
                                                         const int8_t *input)
{
    const int32_t step = seen->step, row = seen->row, width = seen->width;
    int32_t largest = INT8_MIN;

    for (int32_t y = seen->height; y > 0; y--, input += row) {
        const int8_t *from = input;
        for (int32_t x = width; x > 0; x--, from += step) {
            largest = *from > largest ? *from : largest;
        }
    }
    return (uint32_t)largest;
}

static void max_pixel(const mcup_pool_2d_t *layer, mcup_rectangle_t window, const int8_t *input,
                      int8_t *output)
{
    mcup_pool_pixel(layer, window, input, output, largest_of_four, largest_of_one);
}

void mcup_max_pool_2d_s8(const mcup_pool_2d_t *layer, const int8_t *input, int8_t *output)
{
    mcup_pool(layer, input, output, max_pixel);
}
