/* Pooling with the DSP extension: four channels at a time, as bytes of a word. */
#ifndef MCUP_POOL_WORDS_H
#define MCUP_POOL_WORDS_H

#include "mcup_bytes.h"
#include "mcup_pool.h"

/* Where a window lies in the image, seen by a channel. */
typedef struct {
    int32_t height, width;
    int32_t step; /* from pixel to pixel */
    int32_t row;  /* from row to row */
    int32_t count;
} mcup_seen_t;

/* What becomes of a window: of four channels, or of the first one alone; the rest of the word is
 * anything. */
typedef uint32_t mcup_pool_word_t(const mcup_seen_t *seen, const int8_t *input);

/* Where there are more than four channels, but no multiple of four, the last four are pooled
 * together; before the others are stored, which may be where they were read from. */
static inline void mcup_pool_pixel(const mcup_pool_2d_t *layer, mcup_rectangle_t window,
                                   const int8_t *input, int8_t *output,
                                   mcup_pool_word_t *of_four, mcup_pool_word_t *of_one)
{
    const uint32_t least = mcup_spread((int8_t)layer->least);
    const uint32_t most = mcup_spread((int8_t)layer->most);
    const int32_t channels = layer->channels;
    const int32_t row = layer->input_width * channels;
    const int32_t height = window.bottom - window.top, width = window.right - window.left;
    mcup_seen_t seen = { height, width, channels, row, height * width };
    uint32_t last = 0;

    input += window.top * row + window.left * channels;
    if (width == layer->input_width) { /* rows follow one another: one of them all */
        seen.width = seen.count;
        seen.height = 1;
    }
    if (channels < 4) {
        for (int32_t i = 0; i < channels; i++) {
            output[i] = (int8_t)mcup_smaller(mcup_larger(of_one(&seen, input + i), least), most);
        }
        return;
    }
    if (channels % 4) {
        last = mcup_smaller(mcup_larger(of_four(&seen, input + channels - 4), least), most);
    }
    for (int32_t i = 0; i + 4 <= channels; i += 4) {
        mcup_store(output + i, mcup_smaller(mcup_larger(of_four(&seen, input + i), least), most));
    }
    if (channels % 4) {
        mcup_store(output + channels - 4, last);
    }
}

#endif
