/* ADD and its kin: the walk along broadcast dimensions, and the arithmetic of a line, for every instruction
 * set. */
#ifndef MCUP_ADD_H
#define MCUP_ADD_H

#include "mcup_math.h"

/* The innermost dimension: layer->dims[3] elements. */
typedef void mcup_add_line_t(const mcup_add_t *layer, const int8_t *a, const int8_t *b,
                             int8_t *output);

static inline int32_t mcup_add_operand(int32_t x, int32_t multiplier, int shift)
{
    return mcup_round_shift(mcup_high_multiply(x * (1 << 20), multiplier), shift);
}

static inline void mcup_add_line(const mcup_add_t *layer, const int8_t *a, const int8_t *b,
                                 int8_t *output)
{
    const int32_t a_step = layer->a_steps[3];
    const int32_t b_step = layer->b_steps[3];

    for (int8_t *end = output + layer->dims[3]; output < end; a += a_step, b += b_step) {
        int32_t sum = mcup_add_operand(*a + layer->a_offset, layer->a_multiplier, layer->a_shift)
                    + mcup_add_operand(*b + layer->b_offset, layer->b_multiplier, layer->b_shift);
        sum = mcup_round_shift(mcup_high_multiply(sum, layer->multiplier), layer->shift);
        *output++ = mcup_clamp(sum, layer->zero_point, layer->least, layer->most);
    }
}

static inline void mcup_add_lines(const mcup_add_t *layer, const int8_t *a, const int8_t *b,
                                  int8_t *output, mcup_add_line_t *line)
{
    const int32_t *n = layer->dims;
    const int32_t *s = layer->a_steps;
    const int32_t *t = layer->b_steps;

    for (int32_t i = 0; i < n[0]; i++) {
        for (int32_t j = 0; j < n[1]; j++) {
            for (int32_t k = 0; k < n[2]; k++, output += n[3]) {
                line(layer, a + i * s[0] + j * s[1] + k * s[2], b + i * t[0] + j * t[1] + k * t[2],
                     output);
            }
        }
    }
}

/* `neighbours` computes lines of which both operands' elements follow one another. */
static inline void mcup_add_fast(const mcup_add_t *layer, const int8_t *a, const int8_t *b,
                                 int8_t *output, mcup_add_line_t *neighbours, mcup_add_line_t *line)
{
    const int adjacent = layer->a_steps[3] == 1 && layer->b_steps[3] == 1;
    const int fast = adjacent && layer->shift >= 1 && layer->shift <= 22;

    mcup_add_lines(layer, a, b, output, fast ? neighbours : line);
}

#endif
