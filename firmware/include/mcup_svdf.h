/* SVDF: each filter's last results, the newest of which an encoding of the features gives, times
 * weights of their own. */
#ifndef MCUP_SVDF_H
#define MCUP_SVDF_H

#include "mcup_matrix.h"

#include <string.h>

static inline int32_t mcup_svdf_length(const mcup_svdf_t *layer)
{
    return layer->matrix.rows * layer->memory;
}

/* All results move up by one: the oldest goes, and the newest of each filter is written. */
static inline void mcup_svdf_remember(const mcup_svdf_t *layer, const int8_t *input,
                                      mcup_sum_t *sum)
{
    const mcup_matrix_t *matrix = &layer->matrix;
    const uint8_t *stream = matrix->stream;
    const mcup_row_t *row = matrix->row;
    int16_t *newest = layer->state + layer->memory - 1;

    memmove(layer->state, layer->state + 1,
            sizeof(int16_t) * (size_t)(mcup_svdf_length(layer) - 1));
    for (const mcup_row_t *end = row + matrix->rows; row < end; row++, newest += layer->memory) {
        const int32_t acc = sum(matrix, row, &stream, input);
        *newest = (int16_t)mcup_saturate_16(mcup_scale(acc, row->multiplier, row->shift));
    }
}

static inline void mcup_svdf(const mcup_svdf_t *layer, const int8_t *input, int8_t *output,
                             mcup_sum_t *sum)
{
    const int16_t *state = layer->state;
    const int16_t *time = layer->time;
    const int32_t *bias = layer->bias;
    const int32_t past = layer->rank * layer->memory; /* of one output */

    mcup_svdf_remember(layer, input, sum);
    for (int32_t left = mcup_svdf_length(layer); left > 0; left -= past) {
        uint32_t acc = (uint32_t)*bias++; /* wraps, as TFLite's sums do */
        for (int32_t i = 0; i < past; i++) {
            acc += (uint32_t)(*state++ * *time++);
        }
        *output++ = mcup_clamp(mcup_scale((int32_t)acc, layer->multiplier, layer->shift),
                               layer->zero_point, INT8_MIN, INT8_MAX);
    }
}

#endif
