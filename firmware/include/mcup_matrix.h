/* A weight matrix times one column, an encoding at a time.  All of them end a row alike; `column`
 * holds matrix->inputs bytes, `output` receives matrix->rows. */
#ifndef MCUP_MATRIX_H
#define MCUP_MATRIX_H

#include "mcup_math.h"

typedef void mcup_rows_t(const mcup_matrix_t *matrix, const int8_t *column, int8_t *output);

/* The output of a row whose products sum to acc, the bias included. */
static inline int8_t mcup_finish_row(const mcup_matrix_t *matrix, const mcup_row_t *row,
                                     int32_t acc)
{
    return mcup_clamp(mcup_scale(acc, row->multiplier, row->shift), matrix->zero_point,
                      matrix->least, matrix->most);
}

/* dense: every weight, a byte each */
static inline void mcup_rows_dense(const mcup_matrix_t *matrix, const int8_t *column,
                                   int8_t *output)
{
    const int8_t *weight = (const int8_t *)matrix->stream;
    const mcup_row_t *row = matrix->row;

    for (const mcup_row_t *end = row + matrix->rows; row < end; row++) {
        const int8_t *x = column;
        int32_t acc = row->bias;
        int32_t left = matrix->inputs;
        for (; left >= 4; left -= 4, x += 4, weight += 4) {
            acc += weight[0] * x[0] + weight[1] * x[1] + weight[2] * x[2] + weight[3] * x[3];
        }
        for (; left > 0; left--) {
            acc += *weight++ * *x++;
        }
        *output++ = mcup_finish_row(matrix, row, acc);
    }
}

/* d8: entries {delta, value}, two at a time */
static inline void mcup_rows_d8(const mcup_matrix_t *matrix, const int8_t *column, int8_t *output)
{
    const uint8_t *stream = matrix->stream;
    const mcup_row_t *row = matrix->row;

    for (const mcup_row_t *end = row + matrix->rows; row < end; row++) {
        int32_t at = -1;
        int32_t acc = row->bias;
        for (const uint8_t *stop = stream + row->bytes; stream < stop; stream += 4) {
            at += stream[0];
            acc += (int8_t)stream[1] * column[at];
            at += stream[2];
            acc += (int8_t)stream[3] * column[at];
        }
        *output++ = mcup_finish_row(matrix, row, acc);
    }
}

/* n4: pairs {second delta << 4 | first delta, first value, second value} */
static inline void mcup_rows_n4(const mcup_matrix_t *matrix, const int8_t *column, int8_t *output)
{
    const uint8_t *stream = matrix->stream;
    const mcup_row_t *row = matrix->row;

    for (const mcup_row_t *end = row + matrix->rows; row < end; row++) {
        int32_t at = -1;
        int32_t acc = row->bias;
        for (const uint8_t *stop = stream + row->bytes; stream < stop; stream += 3) {
            at += stream[0] & 15;
            acc += (int8_t)stream[1] * column[at];
            at += stream[0] >> 4;
            acc += (int8_t)stream[2] * column[at];
        }
        *output++ = mcup_finish_row(matrix, row, acc);
    }
}

/* b4: blocks {delta, four values} */
static inline void mcup_rows_b4(const mcup_matrix_t *matrix, const int8_t *column, int8_t *output)
{
    const uint8_t *stream = matrix->stream;
    const mcup_row_t *row = matrix->row;

    for (const mcup_row_t *end = row + matrix->rows; row < end; row++) {
        int32_t at = -1;
        int32_t acc = row->bias;
        for (const uint8_t *stop = stream + row->bytes; stream < stop; stream += 5) {
            at += stream[0];
            const int8_t *x = column + at;
            acc += (int8_t)stream[1] * x[0] + (int8_t)stream[2] * x[1] + (int8_t)stream[3] * x[2]
                + (int8_t)stream[4] * x[3];
        }
        *output++ = mcup_finish_row(matrix, row, acc);
    }
}

#endif
