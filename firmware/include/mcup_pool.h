/* What a pooling window sees: the part of it that lies inside the image. */
#ifndef MCUP_POOL_H
#define MCUP_POOL_H

#include "mcuprune.h"

/* A rectangle of pixels, rows from top to bottom - 1, columns from left to right - 1. */
typedef struct {
    int32_t top, bottom, left, right;
} mcup_rectangle_t;

static inline mcup_rectangle_t mcup_pool_window(const mcup_pool_2d_t *layer, int32_t y, int32_t x)
{
    const int32_t top = y * layer->stride_y - layer->top;
    const int32_t left = x * layer->stride_x - layer->left;
    const int32_t bottom = top + layer->kernel_height;
    const int32_t right = left + layer->kernel_width;

    return (mcup_rectangle_t){
        .top = top < 0 ? 0 : top,
        .bottom = bottom > layer->input_height ? layer->input_height : bottom,
        .left = left < 0 ? 0 : left,
        .right = right > layer->input_width ? layer->input_width : right,
    };
}

/* Pools one window in all its channels. */
typedef void mcup_pool_pixel_t(const mcup_pool_2d_t *layer, mcup_rectangle_t seen,
                               const int8_t *input, int8_t *output);

static inline void mcup_pool(const mcup_pool_2d_t *layer, const int8_t *input, int8_t *output,
                             mcup_pool_pixel_t *pixel)
{
    for (int32_t y = 0; y < layer->output_height; y++) {
        for (int32_t x = 0; x < layer->output_width; x++, output += layer->channels) {
            pixel(layer, mcup_pool_window(layer, y, x), input, output);
        }
    }
}

#endif
