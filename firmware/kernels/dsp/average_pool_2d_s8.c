/* AVERAGE_POOL_2D with the DSP extension: four channels at a time, summed in the halves of two words. */
#include "mcup_bytes.h"
#include "mcup_pool.h"

#define MOST_PIXELS 256 /* whose sum a half holds */

/* Where a window lies in the image, seen by one channel. */
typedef struct {
    int32_t height, width;
    int32_t step; /* from pixel to pixel */
    int32_t row;  /* from row to row */
    int32_t count;
} mcup_seen_t;

static uint32_t mean(int32_t sum, int32_t count)
{
    const int32_t half = count >> 1;

    return (uint8_t)((sum > 0 ? sum + half : sum - half) / count); /* halves away from zero */
}

static int32_t sum_of_channel(const mcup_seen_t *seen, const int8_t *input)
{
    int32_t sum = 0;

    for (int32_t y = 0; y < seen->height; y++, input += seen->row) {
        const int8_t *from = input;
        for (int32_t x = seen->width; x > 0; x--, from += seen->step) {
            sum += *from;
        }
    }
    return sum;
}

/* Four channels, a byte each.  Not inline, for the registers. */
static __attribute__((noinline)) uint32_t means_of_channels(const mcup_seen_t *seen, const int8_t *input)
{
    const int32_t step = seen->step;
    const int32_t row = seen->row;
    const int32_t width = seen->width;
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
    return mean((int16_t)even, count) | mean((int16_t)odd, count) << 8 | mean((int32_t)even >> 16, count) << 16
         | mean((int32_t)odd >> 16, count) << 24;
}

static void average_pixel(const mcup_pool_2d_t *layer, mcup_rectangle_t window, const int8_t *input, int8_t *output)
{
    const int32_t channels = layer->channels;
    const int32_t height = window.bottom - window.top;
    const int32_t width = window.right - window.left;
    const uint32_t least = mcup_spread(layer->least);
    const uint32_t most = mcup_spread(layer->most);
    const int32_t row = layer->input_width * channels;
    mcup_seen_t seen = { height, width, channels, row, height * width };
    int32_t channel = 0;

    input += window.top * row + window.left * channels;
    if (width == layer->input_width) { /* rows follow one another: one of them all */
        seen.width = seen.count;
        seen.height = 1;
    }
    if (seen.count <= MOST_PIXELS) {
        for (; channel + 4 <= channels; channel += 4) {
            const uint32_t means = means_of_channels(&seen, input + channel);
            mcup_store(output + channel, mcup_smaller(mcup_larger(means, least), most));
        }
    }
    for (; channel < channels; channel++) {
        const uint32_t one = mean(sum_of_channel(&seen, input + channel), seen.count);
        output[channel] = (int8_t)mcup_smaller(mcup_larger(one, least), most);
    }
}

void mcup_average_pool_2d_s8(const mcup_pool_2d_t *layer, const int8_t *input, int8_t *output)
{
    mcup_pool(layer, input, output, average_pixel);
}
