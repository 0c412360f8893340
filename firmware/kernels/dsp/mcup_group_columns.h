/* Convolution by groups of pixels whose columns are packed one input after the other: any window,
 * stride, dilation. */
#ifndef MCUP_GROUP_COLUMNS_H
#define MCUP_GROUP_COLUMNS_H

#include "mcup_group.h"

#include <string.h>

/* Where the window of an output pixel starts in the image. */
typedef struct {
    int y;
    int x;
} mcup_corner_t;

static inline mcup_corner_t mcup_corner(const mcup_window_t *window, int pixel)
{
    const int y = pixel / window->output_width;
    const int x = pixel - y * window->output_width;

    return (mcup_corner_t){ y * window->stride_y - window->top,
                            x * window->stride_x - window->left };
}

/* The corner of the pixel behind, in the same row or the next. */
static inline mcup_corner_t mcup_next_corner(const mcup_window_t *window, mcup_corner_t at)
{
    const int x = at.x + window->stride_x;

    if (x + window->left < window->output_width * window->stride_x) {
        return (mcup_corner_t){ at.y, x };
    }
    return (mcup_corner_t){ at.y + window->stride_y, -window->left };
}

/* Whether the window lies inside the image, and what it sees is in rows without gaps. */
static inline int mcup_is_plain(const mcup_window_t *window, mcup_corner_t at)
{
    return at.y >= 0 && at.x >= 0 && at.x + window->kernel_width <= window->input_width &&
           at.y + window->dilation_y * (window->kernel_height - 1) < window->input_height &&
           (window->dilation_x == 1 || window->kernel_width == 1);
}

static inline const int8_t *mcup_pixel(const mcup_window_t *window, const int8_t *input, int y,
                                       int x)
{
    return input + (y * window->input_width + x) * window->channels;
}

/* The channels under one place of the window; `outside`: what it sees where there is no image. */
static inline const int8_t *mcup_place(const mcup_window_t *window, const int8_t *input,
                                       const int8_t *outside, int y, int x)
{
    const int inside = y >= 0 && y < window->input_height && x >= 0 && x < window->input_width;

    return inside ? mcup_pixel(window, input, y, x) : outside;
}

/* The columns of two pixels into the words `job.step` apart from job.to on. */
static inline void mcup_pack_columns(const mcup_window_t *window, const int8_t *input,
                                     const int8_t *outside, mcup_corner_t a, mcup_corner_t b,
                                     mcup_pack_t job, mcup_group_pack_t *pack)
{
    if (mcup_is_plain(window, a) && mcup_is_plain(window, b)) {
        job.a = mcup_pixel(window, input, a.y, a.x);
        job.b = mcup_pixel(window, input, b.y, b.x);
        job.count = window->kernel_width * window->channels;
        job.runs = window->kernel_height;
        job.from_skip = window->dilation_y * window->input_width * window->channels - job.count;
        pack(&job);
        return;
    }
    job.count = window->channels;
    job.runs = 1;
    for (int i = 0, y = 0; i < window->kernel_height; i++, y += window->dilation_y) {
        for (int j = 0, x = 0; j < window->kernel_width; j++, x += window->dilation_x) {
            job.a = mcup_place(window, input, outside, a.y + y, a.x + x);
            job.b = mcup_place(window, input, outside, b.y + y, b.x + x);
            pack(&job);
            job.to += job.count * job.step / 4;
        }
    }
}

/* Whether the columns of `count` pixels from the one at `corner` on are pixels of the input,
 * equally far apart. */
static inline int mcup_is_run(const mcup_window_t *window, mcup_corner_t corner, int count)
{
    const int pointwise = window->kernel_height * window->kernel_width == 1 && !window->padded;
    const int wraps = corner.x + count * window->stride_x > window->output_width * window->stride_x;

    return pointwise && (window->stride_y * window->stride_x == 1 || !wraps);
}

/* Fill the buffer for the group that starts with pixel `first`. */
static inline void mcup_pack_group(const mcup_window_t *window, const int8_t *input,
                                   const int8_t *outside, int first, int near, int far, int half,
                                   uint32_t *buffer, mcup_group_pack_t *pack)
{
    mcup_corner_t a = mcup_corner(window, first);
    mcup_corner_t b = mcup_corner(window, first + far);
    mcup_pack_t job = { .to = buffer, .step = 4 * half };

    if (mcup_is_run(window, a, half) && mcup_is_run(window, b, half)) {
        job.a = mcup_pixel(window, input, a.y, a.x);
        job.b = mcup_pixel(window, input, b.y, b.x);
        job.count = window->channels;
        job.runs = half;
        job.from_skip = (near * window->stride_x - 1) * job.count;
        job.to_skip = 4 - job.count * job.step;
        pack(&job);
        return;
    }
    for (int i = 0; i < half; i++, job.to++) {
        mcup_pack_columns(window, input, outside, a, b, job, pack);
        if (near) {
            a = mcup_next_corner(window, a);
            b = mcup_next_corner(window, b);
        }
    }
}

/* rows8, rows4: all rows times a group of as many pixels */
void mcup_convolve_groups(const mcup_conv_2d_t *layer, const int8_t *input, int8_t *output,
                          mcup_group_rows_t *rows8, mcup_group_rows_t *rows4,
                          mcup_group_pack_t *pack);

MCUP_SHARED void mcup_convolve_groups(const mcup_conv_2d_t *layer, const int8_t *input,
                                      int8_t *output, mcup_group_rows_t *rows8,
                                      mcup_group_rows_t *rows4, mcup_group_pack_t *pack)
{
    const mcup_window_t *window = &layer->window;
    const int32_t rows = layer->matrix.rows;
    const int pixels = window->output_height * window->output_width;
    uint32_t *const buffer = (uint32_t *)(void *)window->column;
    int8_t *const outside = window->column + 2 * window->pixels * layer->matrix.inputs;
    mcup_group_t group = mcup_group(&layer->matrix);

    if (window->padded) {
        memset(outside, window->fill, (size_t)window->channels);
    }
    for (int first = 0, count; first < pixels; first += count) {
        const int left = pixels - first;
        const int half = window->pixels == 8 && left > 4 ? 4 : 2;
        count = left < 2 * half ? left : 2 * half;
        const int near = count > 1;
        const int far = count > half ? count - half : 0;
        mcup_pack_group(window, input, outside, first, near, far, half, buffer, pack);
        group.buffer = (const uint8_t *)(buffer - half);
        group.output = output + first * rows;
        group.near = near * rows;
        group.far = far * rows;
        group.half = half;
        (half == 4 ? rows8 : rows4)(&group);
    }
    mcup_clamp_bytes(output, pixels * rows, layer->matrix.least, layer->matrix.most);
}

#endif
