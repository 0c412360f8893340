/* Convolution, int8, D8 weights that count the words of packed rows (mcup_tile.h), for Cortex-M4,
 * M7 and M33.
 *
 * Eight pixels of output see the same few columns of the image: a tile.  Its rows are packed once
 * for all rows and columns of the kernel, `strip` rows of output at a time; what the next strip
 * sees too moves up.  A word's two pixels are four columns of output apart, or as many as a
 * narrow image has. */
#include "mcup_group.h"
#include "mcup_tile.h"

#include <string.h>

mcup_group_rows_t mcup_conv_2d_d8_tile_rows8;

/* A tile as the loops below see it. */
typedef struct {
    const mcup_conv_2d_tile_t *layer;
    const int8_t *input;
    const int8_t *outside; /* a pixel as the window sees it where there is no image */
    int x;                 /* column of the image that word 0 belongs to */
    int apart;             /* columns of the image between the pixels of a word */
} tile_t;

static int is_inside(const mcup_window_t *window, int x)
{
    return x >= 0 && x < window->input_width;
}

/* `count` places from x on, a stride apart, in the row at `row`, or outside the image when that is
 * null. */
static void pack_places(const tile_t *tile, const int8_t *row, int x, int count, uint32_t *to)
{
    const mcup_window_t *window = &tile->layer->window;
    const int channels = window->channels;
    mcup_pack_t job = { .to = to, .step = 4 * tile->layer->width, .count = channels };
    job.to_skip = 4 - channels * job.step;

    for (; count > 0; count -= job.runs, x += job.runs * window->stride_x, job.to += job.runs) {
        const int other = x + tile->apart;
        const int inside = row != NULL && is_inside(window, x);
        const int other_inside = row != NULL && is_inside(window, other);
        job.a = inside ? row + x * channels : tile->outside;
        job.b = other_inside ? row + other * channels : tile->outside;
        job.runs = 1;
        if (inside && other_inside) {
            const int more = (window->input_width - 1 - other) / window->stride_x;
            job.runs = more + 1 < count ? more + 1 : count;
            job.from_skip = (window->stride_x - 1) * channels;
        } else if (row == NULL) {
            job.runs = count;
            job.from_skip = -channels;
        }
        mcup_group_pack_long(&job);
    }
}

static void pack_row(const tile_t *tile, int y, uint32_t *to)
{
    const mcup_window_t *window = &tile->layer->window;
    const int inside = y >= 0 && y < window->input_height;
    const int8_t *row = inside ? tile->input + y * window->input_width * window->channels : NULL;

    for (int phase = 0; phase < window->stride_x && phase < window->kernel_width; phase++) {
        const int places = mcup_tile_places(window, phase);
        pack_places(tile, row, tile->x + phase, places, to);
        to += places;
    }
}

static void move(uint32_t *to, const uint32_t *from, int words)
{
    for (; words >= 4; words -= 4, to += 4, from += 4) {
        const uint32_t a = from[0], b = from[1], c = from[2], d = from[3];
        to[0] = a;
        to[1] = b;
        to[2] = c;
        to[3] = d;
    }
    for (; words > 0; words--) {
        *to++ = *from++;
    }
}

/* All rows of output of a tile; output: its first pixel */
static void convolve_tile(const tile_t *tile, mcup_group_t group, int8_t *output)
{
    const mcup_conv_2d_tile_t *layer = tile->layer;
    const mcup_window_t *window = &layer->window;
    uint32_t *const buffer = (uint32_t *)(void *)window->column;
    const int row_words = layer->width * window->channels;
    const int overlap = window->kernel_height - window->stride_y;
    const int step = window->stride_y * layer->strip; /* rows of the image from strip to strip */
    int ready = 0;                                    /* rows of the buffer that are packed */

    for (int y = 0; y < window->output_height; y += layer->strip) {
        const int left = window->output_height - y;
        const int strip = left < layer->strip ? left : layer->strip;
        const int rows = window->stride_y * (strip - 1) + window->kernel_height;
        const int top = y * window->stride_y - window->top;
        for (; ready < rows; ready++) {
            pack_row(tile, top + ready, buffer + ready * row_words);
        }
        for (int i = 0; i < strip; i++) {
            group.buffer = (const uint8_t *)(buffer + i * window->stride_y * row_words - 1);
            group.output = output;
            mcup_conv_2d_d8_tile_rows8(&group);
            output += window->output_width * layer->matrix.rows;
        }
        ready = overlap > 0 ? overlap : 0;
        move(buffer, buffer + step * row_words, ready * row_words);
    }
}

void mcup_conv_2d_d8_tile_s8(const mcup_conv_2d_tile_t *layer, const int8_t *input, int8_t *output)
{
    const mcup_window_t *window = &layer->window;
    const int32_t rows = layer->matrix.rows;
    const int width = window->output_width;
    const int far = width < 8 ? width - 4 : 4;
    int8_t *const outside = window->column + layer->room;
    mcup_group_t group = mcup_group(&layer->matrix);

    if (window->padded) {
        memset(outside, window->fill, (size_t)window->channels);
    }
    group.half = 4;
    group.near = rows;
    group.far = far * rows;
    for (int x = 0; x < width; x += 8) {
        /* the last tile reaches back */
        const int start = width - x >= 8 || width < 8 ? x : width - 8;
        const tile_t tile = { layer, input, outside, start * window->stride_x - window->left,
                              far * window->stride_x };
        convolve_tile(&tile, group, output + start * rows);
    }
    mcup_clamp_bytes(output, window->output_height * width * rows, layer->matrix.least,
                     layer->matrix.most);
}
