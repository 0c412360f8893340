/* A weight matrix times one column, an encoding at a time.  All of them end a row alike; `column`
 * holds matrix->inputs bytes, `output` receives matrix->rows. */
#ifndef MCUP_MATRIX_H
#define MCUP_MATRIX_H

#include "mcup_math.h"

typedef void mcup_rows_t(const mcup_matrix_t *matrix, const int8_t *column, int8_t *output);

/* The sum of a row, the bias included; *stream moves on behind its weights. */
typedef int32_t mcup_sum_t(const mcup_matrix_t *matrix, const mcup_row_t *row,
                           const uint8_t **stream, const int8_t *column);

/* The output of a row whose products sum to acc, the bias included. */
static inline int8_t mcup_finish_row(const mcup_matrix_t *matrix, const mcup_row_t *row,
                                     int32_t acc)
{
    return mcup_clamp(mcup_scale(acc, row->multiplier, row->shift), matrix->zero_point,
                      matrix->least, matrix->most);
}

/* dense: every weight, a byte each */
static inline int32_t mcup_sum_dense(const mcup_matrix_t *matrix, const mcup_row_t *row,
                                     const uint8_t **stream, const int8_t *column)
{
    const int8_t *weight = (const int8_t *)*stream;
    int32_t acc = row->bias;
    int32_t left = matrix->inputs;

    for (; left >= 4; left -= 4, column += 4, weight += 4) {
        acc += weight[0] * column[0] + weight[1] * column[1] + weight[2] * column[2]
            + weight[3] * column[3];
    }
    for (; left > 0; left--) {
        acc += *weight++ * *column++;
    }
    *stream = (const uint8_t *)weight;
    return acc;
}

/* d8: entries {delta, value}, two at a time */
static inline int32_t mcup_sum_d8(const mcup_matrix_t *matrix, const mcup_row_t *row,
                                  const uint8_t **stream, const int8_t *column)
{
    const uint8_t *entry = *stream;
    const uint8_t *stop = entry + row->bytes;
    int32_t at = -1;
    int32_t acc = row->bias;

    (void)matrix;
    for (; entry < stop; entry += 4) {
        at += entry[0];
        acc += (int8_t)entry[1] * column[at];
        at += entry[2];
        acc += (int8_t)entry[3] * column[at];
    }
    *stream = entry;
    return acc;
}

/* n4: pairs {second delta << 4 | first delta, first value, second value} */
static inline int32_t mcup_sum_n4(const mcup_matrix_t *matrix, const mcup_row_t *row,
                                  const uint8_t **stream, const int8_t *column)
{
    const uint8_t *pair = *stream;
    const uint8_t *stop = pair + row->bytes;
    int32_t at = -1;
    int32_t acc = row->bias;

    (void)matrix;
    for (; pair < stop; pair += 3) {
        at += pair[0] & 15;
        acc += (int8_t)pair[1] * column[at];
        at += pair[0] >> 4;
        acc += (int8_t)pair[2] * column[at];
    }
    *stream = pair;
    return acc;
}

/* b4: blocks {delta, four values} */
static inline int32_t mcup_sum_b4(const mcup_matrix_t *matrix, const mcup_row_t *row,
                                  const uint8_t **stream, const int8_t *column)
{
    const uint8_t *block = *stream;
    const uint8_t *stop = block + row->bytes;
    int32_t at = -1;
    int32_t acc = row->bias;

    (void)matrix;
    for (; block < stop; block += 5) {
        at += block[0];
        const int8_t *x = column + at;
        acc += (int8_t)block[1] * x[0] + (int8_t)block[2] * x[1] + (int8_t)block[3] * x[2]
            + (int8_t)block[4] * x[3];
    }
    *stream = block;
    return acc;
}

/* All rows, with the sum of an encoding. */
static inline void mcup_rows(const mcup_matrix_t *matrix, const int8_t *column, int8_t *output,
                             mcup_sum_t *sum)
{
    const uint8_t *stream = matrix->stream;
    const mcup_row_t *row = matrix->row;

    for (const mcup_row_t *end = row + matrix->rows; row < end; row++) {
        *output++ = mcup_finish_row(matrix, row, sum(matrix, row, &stream, column));
    }
}

static inline void mcup_rows_dense(const mcup_matrix_t *matrix, const int8_t *column,
                                   int8_t *output)
{
    mcup_rows(matrix, column, output, mcup_sum_dense);
}

static inline void mcup_rows_d8(const mcup_matrix_t *matrix, const int8_t *column, int8_t *output)
{
    mcup_rows(matrix, column, output, mcup_sum_d8);
}

static inline void mcup_rows_n4(const mcup_matrix_t *matrix, const int8_t *column, int8_t *output)
{
    mcup_rows(matrix, column, output, mcup_sum_n4);
}

static inline void mcup_rows_b4(const mcup_matrix_t *matrix, const int8_t *column, int8_t *output)
{
    mcup_rows(matrix, column, output, mcup_sum_b4);
}

#endif
