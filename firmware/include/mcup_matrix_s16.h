/* A weight matrix times one column of int16, an encoding at a time: sums of 64 bits, which end as
 * TFLite's do, by one rounding and a short multiplier where its biases have 64 bits. */
#ifndef MCUP_MATRIX_S16_H
#define MCUP_MATRIX_S16_H

#include "mcup_math_s16.h"

/* The sum of a row, the bias included; *stream moves on behind its weights. */
typedef int64_t mcup_sum_s16_t(const mcup_matrix_s16_t *matrix, const mcup_row_s16_t *row,
                               const uint8_t **stream, const int16_t *column);
typedef void mcup_rows_s16_t(const mcup_matrix_s16_t *matrix, const int16_t *column,
                             int16_t *output);

/* The output of a row whose products sum to acc, the bias included. */
static inline int16_t mcup_finish_row_s16(const mcup_matrix_s16_t *matrix,
                                          const mcup_row_s16_t *row, int64_t acc)
{
    const int32_t scaled = matrix->wide
        ? mcup_scale_short(acc, row->multiplier, row->shift)
        : mcup_scale((int32_t)acc, row->multiplier, row->shift);

    return mcup_clamp_s16(scaled, matrix->least, matrix->most);
}

/* dense: every weight, a byte each */
static inline int64_t mcup_sum_dense_s16(const mcup_matrix_s16_t *matrix,
                                         const mcup_row_s16_t *row, const uint8_t **stream,
                                         const int16_t *column)
{
    const int8_t *weight = (const int8_t *)*stream;
    int64_t acc = row->bias;

    for (const int8_t *end = weight + matrix->inputs; weight < end; weight++) {
        acc += *weight * *column++;
    }
    *stream = (const uint8_t *)weight;
    return acc;
}

/* d8: entries {delta, value}, two at a time */
static inline int64_t mcup_sum_d8_s16(const mcup_matrix_s16_t *matrix, const mcup_row_s16_t *row,
                                      const uint8_t **stream, const int16_t *column)
{
    const uint8_t *entry = *stream;
    const int16_t *x = column - 1;
    int64_t acc = row->bias;

    (void)matrix;
    for (const uint8_t *stop = entry + row->bytes; entry < stop; entry += 2) {
        x += entry[0];
        acc += (int8_t)entry[1] * *x;
    }
    *stream = entry;
    return acc;
}

/* n4: pairs {second delta << 4 | first delta, first value, second value} */
static inline int64_t mcup_sum_n4_s16(const mcup_matrix_s16_t *matrix, const mcup_row_s16_t *row,
                                      const uint8_t **stream, const int16_t *column)
{
    const uint8_t *pair = *stream;
    const int16_t *x = column - 1;
    int64_t acc = row->bias;

    (void)matrix;
    for (const uint8_t *stop = pair + row->bytes; pair < stop; pair += 3) {
        x += pair[0] & 15;
        acc += (int8_t)pair[1] * *x;
        x += pair[0] >> 4;
        acc += (int8_t)pair[2] * *x;
    }
    *stream = pair;
    return acc;
}

/* b4: blocks {delta, four values} */
static inline int64_t mcup_sum_b4_s16(const mcup_matrix_s16_t *matrix, const mcup_row_s16_t *row,
                                      const uint8_t **stream, const int16_t *column)
{
    const uint8_t *block = *stream;
    const int16_t *x = column - 1;
    int64_t acc = row->bias;

    (void)matrix;
    for (const uint8_t *stop = block + row->bytes; block < stop; block += 5) {
        x += block[0];
        acc += (int8_t)block[1] * x[0] + (int8_t)block[2] * x[1] + (int8_t)block[3] * x[2]
             + (int8_t)block[4] * x[3];
    }
    *stream = block;
    return acc;
}

/* All rows, with the sum of an encoding. */
static inline void mcup_rows_s16(const mcup_matrix_s16_t *matrix, const int16_t *column,
                                 int16_t *output, mcup_sum_s16_t *sum)
{
    const uint8_t *stream = matrix->stream;
    const mcup_row_s16_t *row = matrix->row;

    for (const mcup_row_s16_t *end = row + matrix->rows; row < end; row++) {
        *output++ = mcup_finish_row_s16(matrix, row, sum(matrix, row, &stream, column));
    }
}

/* Columns that follow one another. */
static inline void mcup_columns_s16(const mcup_fully_connected_s16_t *layer, const int16_t *input,
                                    int16_t *output, mcup_sum_s16_t *sum)
{
    for (int32_t i = 0; i < layer->batches; i++) {
        mcup_rows_s16(&layer->matrix, input, output, sum);
        input += layer->matrix.inputs;
        output += layer->matrix.rows;
    }
}

#endif
