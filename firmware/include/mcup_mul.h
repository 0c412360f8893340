/* MUL: the walk along broadcast dimensions, and the arithmetic of a line, for every instruction
 * set. */
#ifndef MCUP_MUL_H
#define MCUP_MUL_H

#include "mcup_math.h"

/* The innermost dimension: layer->dims[3] elements. */
typedef void mcup_mul_line_t(const mcup_mul_t *layer, const int8_t *a, const int8_t *b,
                             int8_t *output);

static inline void mcup_mul_line(const mcup_mul_t *layer, const int8_t *a, const int8_t *b,
                                 int8_t *output)
{
    const int32_t a_step = layer->a_steps[3];
    const int32_t b_step = layer->b_steps[3];

    for (int8_t *end = output + layer->dims[3]; output < end; a += a_step, b += b_step) {
        const int32_t product = (*a + layer->a_offset) * (*b + layer->b_offset);
        *output++ = mcup_clamp(mcup_scale(product, layer->multiplier, layer->shift),
                               layer->zero_point, layer->least, layer->most);
    }
}

static inline void mcup_mul_lines(const mcup_mul_t *layer, const int8_t *a, const int8_t *b,
                                  int8_t *output, mcup_mul_line_t *line)
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

#endif
