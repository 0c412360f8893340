/* Convolution by split multiplication: eight or four pixels at a time, two of them in a word
 * (mcuprune/split.py has the arithmetic).
 *
 * Packed columns hold, for each input of the window, half as many words as there are pixels: word j
 * is x + 129 of pixel j below x + 128 of pixel j + 4, or j + 2.  The last group of an image reaches
 * back over pixels that are done, so that all groups are full. */
#ifndef MCUP_SPLIT_H
#define MCUP_SPLIT_H

#include "mcuprune.h"

#include <string.h>

/* In assembly: all rows of the matrix times a group of packed columns; output: the first pixel's */
typedef void mcup_split_rows_t(const mcup_split_matrix_t *matrix, const uint32_t *columns,
                               int8_t *output);

/* And the words of the same `count` inputs, at least one, of two pixels: every fourth word from
 * `to` on in a group of eight pixels, every second in one of four. */
typedef void mcup_split_pack_t(const int8_t *a, const int8_t *b, uint32_t *to, int32_t count);
mcup_split_pack_t mcup_split_pack_8, mcup_split_pack_4;

_Static_assert(sizeof(mcup_split_row_t) == 16 && offsetof(mcup_split_row_t, multiplier) == 8 &&
               offsetof(mcup_split_row_t, shift) == 12 && offsetof(mcup_split_row_t, entry) == 13 &&
               offsetof(mcup_split_row_t, bytes) == 14, "as mcup_split_rows.h reads it");
_Static_assert(offsetof(mcup_split_matrix_t, rows) == 8 &&
               offsetof(mcup_split_matrix_t, zero_point) == 16 &&
               offsetof(mcup_split_matrix_t, most) == 18, "as mcup_split_rows.h reads it");

/* What packing needs to know, worked out once for a layer. */
typedef struct {
    const mcup_window_t *window;
    const int8_t *input;
    const int8_t *outside; /* a pixel of zero points */
    uint32_t *columns;
    int width;             /* of the image, in bytes */
    int run;               /* of a line of the window, in bytes */
    int farthest;          /* such a run may begin at bytes 0..farthest - 1 of a line */
} mcup_split_t;

/* Words to lower addresses. */
static inline void mcup_split_move(const uint32_t *from, uint32_t *to, int count)
{
    for (; count >= 4; count -= 4, from += 4, to += 4) {
        const uint32_t a = from[0], b = from[1], c = from[2], d = from[3];
        to[0] = a;
        to[1] = b;
        to[2] = c;
        to[3] = d;
    }
    for (; count > 0; count--) {
        *to++ = *from++;
    }
}

/* A line of the image, null outside. */
static inline const int8_t *mcup_split_image(const mcup_split_t *split, int y)
{
    const int inside = (unsigned)y < (unsigned)split->window->input_height;

    return inside ? split->input + y * split->width : NULL;
}

/* One line of the windows of two pixels, side by side.  a, b: lines of the image; at_a, at_b: the
 * bytes of them where the windows begin. */
static void mcup_split_line(const mcup_split_t *split, const int8_t *a, int at_a, const int8_t *b,
                            int at_b, uint32_t *to, int step)
{
    mcup_split_pack_t *const pack = step == 4 ? mcup_split_pack_8 : mcup_split_pack_4;
    const int channels = split->window->channels;
    const int beyond = channels * split->window->dilation_x;

    if (a != NULL && b != NULL && (unsigned)at_a < (unsigned)split->farthest &&
        (unsigned)at_b < (unsigned)split->farthest) {
        pack(a + at_a, b + at_b, to, split->run);
        return;
    }
    for (int i = 0; i < split->window->kernel_width; i++, at_a += beyond, at_b += beyond) {
        const int seen_a = a != NULL && (unsigned)at_a < (unsigned)split->width;
        const int seen_b = b != NULL && (unsigned)at_b < (unsigned)split->width;
        pack(seen_a ? a + at_a : split->outside, seen_b ? b + at_b : split->outside, to, channels);
        to += channels * step;
    }
}

/* The window of an output pixel: its first line and the byte of that line where it begins. */
typedef struct {
    int y;
    int at;
    int left; /* pixels of the output's line from this one on */
} mcup_split_place_t;

static inline void mcup_split_step(const mcup_window_t *window, mcup_split_place_t *place)
{
    place->at += window->stride_x * window->channels;
    if (--place->left == 0) {
        place->left = window->output_width;
        place->at = -window->left * window->channels;
        place->y += window->stride_y;
    }
}

static inline void mcup_split_step_back(const mcup_window_t *window, mcup_split_place_t *place)
{
    if (place->left++ == window->output_width) {
        place->left = 1;
        place->at += window->output_width * window->stride_x * window->channels;
        place->y -= window->stride_y;
    }
    place->at -= window->stride_x * window->channels;
}

/* The columns of `count` pixels from a place on, which moves behind them. */
static inline void mcup_split_columns(const mcup_split_t *split, mcup_split_place_t *place,
                                      int count)
{
    const mcup_window_t *const window = split->window;
    const int step = count / 2;
    mcup_split_place_t group[4];

    for (int i = 0; i < count; i++, mcup_split_step(window, place)) {
        if (i < step) {
            group[i] = *place;
            continue;
        }
        const mcup_split_place_t a = group[i - step];
        uint32_t *to = split->columns + i - step;
        for (int y = 0; y < window->kernel_height * window->dilation_y; y += window->dilation_y) {
            mcup_split_line(split, mcup_split_image(split, a.y + y), a.at,
                            mcup_split_image(split, place->y + y), place->at, to, step);
            to += split->run * step;
        }
    }
}

/* Eight or four pixels after the other, line by line of the image. */
static inline void mcup_split_groups(const mcup_conv_2d_split_t *layer, const mcup_split_t *split,
                                     int8_t *output, mcup_split_rows_t *eight,
                                     mcup_split_rows_t *four)
{
    const mcup_window_t *const window = &layer->window;
    const int32_t pixels = window->output_height * window->output_width;
    mcup_split_place_t place = { -window->top, -window->left * window->channels,
                                 window->output_width };

    for (int32_t done = 0; done < pixels;) {
        const int32_t count = pixels >= 8 && pixels - done > 4 ? 8 : 4;
        for (; done > pixels - count; done--) {
            mcup_split_step_back(window, &place);
        }
        mcup_split_columns(split, &place, (int)count);
        (count == 8 ? eight : four)(&layer->matrix, split->columns,
                                    output + done * layer->matrix.rows);
        done += count;
    }
}

/* Packs a line of the image as a strip sees it from byte `at` on; null is a line outside. */
typedef void mcup_split_strip_line_t(const mcup_split_t *split, const int8_t *image, int at,
                                     uint32_t *to);

/* A line of the windows of eight pixels: whole columns. */
static inline void mcup_split_column_line(const mcup_split_t *split, const int8_t *image, int at,
                                          uint32_t *to)
{
    const int pixel = split->window->stride_x * split->window->channels;

    for (int j = 0; j < 4; j++, at += pixel) {
        mcup_split_line(split, image, at, image, at + 4 * pixel, to + j, 4);
    }
}

/* Strips of eight pixels from the top to the bottom of the image, `slide` of its lines at a time.
 * Lines of the window that the next ones see, too, move up and need not be packed again.  line:
 * words of a packed one. */
static inline void mcup_split_strips(const mcup_conv_2d_split_t *layer, const mcup_split_t *split,
                                     int8_t *output, mcup_split_rows_t *eight, int line,
                                     mcup_split_strip_line_t *pack_line)
{
    const mcup_window_t *const window = &layer->window;
    const int kept = window->kernel_height - window->stride_y; /* lines */

    for (int x = 0; x < window->output_width; x += 8) {
        const int left = x < window->output_width - 8 ? x : window->output_width - 8;
        const int at = (left * window->stride_x - window->left) * window->channels;
        int ready = 0;
        for (int y = 0; y < window->output_height; y += layer->slide) {
            const int more = window->output_height - y;
            const int count = more < layer->slide ? more : layer->slide;
            const int top = y * window->stride_y - window->top;
            for (; ready < kept + count * window->stride_y; ready++) {
                pack_line(split, mcup_split_image(split, top + ready), at,
                          split->columns + ready * line);
            }
            for (int i = 0; i < count; i++) {
                eight(&layer->matrix, split->columns + i * window->stride_y * line,
                      output + ((y + i) * window->output_width + left) * layer->matrix.rows);
            }
            mcup_split_move(split->columns + count * window->stride_y * line, split->columns,
                            kept * line);
            ready = kept;
        }
    }
}

static inline mcup_split_t mcup_split(const mcup_conv_2d_split_t *layer, const int8_t *input)
{
    const mcup_window_t *const window = &layer->window;
    int8_t *const outside = window->column + layer->room;
    const int width = window->input_width * window->channels;
    const int run = window->kernel_width * window->channels;

    memset(outside, window->fill, (size_t)window->channels);
    return (mcup_split_t){
        .window = window,
        .input = input,
        .outside = outside,
        .columns = (uint32_t *)(void *)window->column,
        .width = width,
        .run = run,
        .farthest = window->dilation_x > 1 || run > width ? 0 : width - run + 1,
    };
}

/* Whole columns, sliding or not. */
static inline void mcup_split_convolve(const mcup_conv_2d_split_t *layer, const int8_t *input,
                                       int8_t *output, mcup_split_rows_t *eight,
                                       mcup_split_rows_t *four)
{
    const mcup_split_t split = mcup_split(layer, input);

    if (layer->slide > 0) {
        mcup_split_strips(layer, &split, output, eight, 4 * split.run, mcup_split_column_line);
    } else {
        mcup_split_groups(layer, &split, output, eight, four);
    }
}

/* The kernel of a format whose rows are in assembly: the same on every instruction set. */
#define MCUP_SPLIT_KERNEL(format)                                                               \
    mcup_split_rows_t mcup_split_##format##_8, mcup_split_##format##_4;                         \
                                                                                                \
    void mcup_conv_2d_##format##_split_s8(const mcup_conv_2d_split_t *layer,                    \
                                          const int8_t *input, int8_t *output)                  \
    {                                                                                           \
        mcup_split_convolve(layer, input, output, mcup_split_##format##_8,                      \
                            mcup_split_##format##_4);                                           \
    }

#endif
