/* Tiles for split multiplication: how a strip of eight pixels sees a line of the image.
 *
 * A line of a tile is a channel after the other.  Word j of a channel is x + 129 of column j of
 * the image, from where the strip begins, below that of column j + 4; the eight pixels see four
 * words from theirs of the weight's column on. */
#ifndef MCUP_SPLIT_TILE_H
#define MCUP_SPLIT_TILE_H

#include "mcup_split.h"

/* The words of `count` channels of two pixels, `step` bytes apart, and of as many pixels behind
 * them as there are runs, each a word on. */
void mcup_split_pack_runs(const int8_t *a, const int8_t *b, uint32_t *to, int32_t count,
                          int32_t step, int32_t runs);

static inline void mcup_split_tile_line(const mcup_split_t *split, const int8_t *image,
                                        int at, uint32_t *to)
{
    const int channels = split->window->channels;
    const int words = split->window->kernel_width + 3;

    for (int j = 0, runs; j < words; j += runs, at += runs * channels) {
        const int far = at + 4 * channels;
        const int8_t *a = split->outside;
        const int8_t *b = split->outside;
        runs = 1;
        if (image != NULL && (unsigned)at < (unsigned)split->width) {
            a = image + at;
        }
        if (image != NULL && (unsigned)far < (unsigned)split->width) {
            b = image + far;
        }
        if (a != split->outside && b != split->outside) {
            while (j + runs < words && far + runs * channels < split->width) {
                runs++;
            }
        }
        mcup_split_pack_runs(a, b, to + j, channels, 4 * words, runs);
    }
}

/* Tiles, sliding. */
static inline void mcup_split_convolve_tiles(const mcup_conv_2d_split_t *layer,
                                             const int8_t *input, int8_t *output,
                                             mcup_split_rows_t *eight)
{
    const mcup_split_t split = mcup_split(layer, input);
    const int line = (layer->window.kernel_width + 3) * layer->window.channels;

    mcup_split_strips(layer, &split, output, eight, line, mcup_split_tile_line);
}

#endif
