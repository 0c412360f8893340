/* A matrix in quads or pairs times a column: what fast kernels must match. */
#ifndef MCUP_QUADS_H
#define MCUP_QUADS_H

#include "mcup_math.h"

#include <string.h>

/* What a word of weights adds to an accumulator.  x: the inputs that it meets */
typedef uint32_t mcup_products_t(uint32_t word, const int8_t *x);

static inline uint32_t mcup_quad_products(uint32_t word, const int8_t *x)
{
    int32_t sum = 0;
    for (int i = 0; i < 4; i += 2, word >>= 16) {
        sum += (int16_t)word * (x[i] + 128) + (int8_t)word * (256 * x[i + 1] + 127 - x[i]);
    }
    return (uint32_t)sum;
}

static inline uint32_t mcup_pair_products(uint32_t word, const int8_t *x)
{
    return (uint32_t)((int16_t)word * x[0] + (int16_t)(word >> 16) * x[1]);
}

/* A column, made as long as a row with zeros, in `room` for 4 * words bytes, where it may lie. */
static inline const int8_t *mcup_quads_column(const mcup_quads_t *matrix, const int8_t *column,
                                              int32_t inputs, void *room)
{
    memmove(room, column, (size_t)inputs);
    memset((int8_t *)room + inputs, 0, (size_t)(4 * matrix->words - inputs));
    return room;
}

/* The sum of a row. */
static inline int32_t mcup_quads_sum(const mcup_quads_t *matrix, int32_t i, int group,
                                     mcup_products_t *products, int size, const int8_t *column)
{
    const uint32_t *word = matrix->stream + i / group * group * matrix->words + i % group;
    uint32_t acc = (uint32_t)matrix->row[i].start;

    for (int32_t k = 0; k < matrix->words; k++, word += group) {
        acc += products(*word, column + size * k);
    }
    return (int32_t)acc / 256;
}

/* What becomes of the sum of row i. */
static inline void mcup_quads_write(const mcup_quads_t *matrix, int32_t i, int32_t sum,
                                    int8_t *output)
{
    const mcup_quad_row_t *row = matrix->row + i;
    output[row->channel] = mcup_clamp(mcup_scale(sum, row->multiplier, row->shift + 1),
                                      matrix->zero_point, matrix->least, matrix->most);
}

/* All rows, `group` of them at a time; a word meets `size` inputs of the column. */
static inline void mcup_quads_rows(const mcup_quads_t *matrix, int group, mcup_products_t *products,
                                   int size, const int8_t *column, int8_t *output)
{
    for (int32_t i = 0; i < matrix->rows; i++) {
        const int32_t sum = mcup_quads_sum(matrix, i, group, products, size, column);
        mcup_quads_write(matrix, i, sum, output);
    }
}

#endif
