/* Pooling four channels at a time, a register each: for cores without SIMD. */
#ifndef MCUP_POOL_FOUR_H
#define MCUP_POOL_FOUR_H

#include "mcup_pool.h"

/* Where a window lies in the image, seen by one channel. */
typedef struct {
    int32_t height, width;
    int32_t step; /* from pixel to pixel */
    int32_t row;  /* from row to row */
    int32_t count;
} mcup_seen_t;

/* What becomes of a window: of four channels, or of one; not clamped yet. */
typedef void mcup_pool_four_t(const mcup_seen_t *seen, const int8_t *input, int32_t result[4]);
typedef int32_t mcup_pool_one_t(const mcup_seen_t *seen, const int8_t *input);

static inline int8_t mcup_pool_clamp(const mcup_pool_2d_t *layer, int32_t x)
{
    x = x < layer->least ? layer->least : x;
    return (int8_t)(x > layer->most ? layer->most : x);
}

static inline void mcup_pool_clamp_four(const mcup_pool_2d_t *layer, const int32_t four[4],
                                        int8_t *output)
{
    for (int i = 0; i < 4; i++) {
        output[i] = mcup_pool_clamp(layer, four[i]);
    }
}

/* Where there are more than four channels, but no multiple of four, the last four are pooled
 * together; before the others are stored, which may be where they were read from. */
static inline void mcup_pool_pixel(const mcup_pool_2d_t *layer, mcup_rectangle_t window,
                                   const int8_t *input, int8_t *output,
                                   mcup_pool_four_t *of_four, mcup_pool_one_t *of_one)
{
    const int32_t channels = layer->channels;
    const int32_t row = layer->input_width * channels;
    const int32_t height = window.bottom - window.top, width = window.right - window.left;
    mcup_seen_t seen = { height, width, channels, row, height * width };
    int32_t four[4], last[4];

    input += window.top * row + window.left * channels;
    if (width == layer->input_width) { /* rows follow one another: one of them all */
        seen.width = seen.count;
        seen.height = 1;
    }
    if (channels < 4) {
        for (int32_t i = 0; i < channels; i++) {
            output[i] = mcup_pool_clamp(layer, of_one(&seen, input + i));
        }
        return;
    }
    if (channels % 4) {
        of_four(&seen, input + channels - 4, last);
    }
    for (int32_t i = 0; i + 4 <= channels; i += 4) {
        of_four(&seen, input + i, four);
        mcup_pool_clamp_four(layer, four, output + i);
    }
    if (channels % 4) {
        mcup_pool_clamp_four(layer, last, output + channels - 4);
    }
}

#endif
