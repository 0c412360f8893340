/* SUB: the arithmetic of a line, for every instruction set. */
#ifndef MCUP_SUB_H
#define MCUP_SUB_H

#include "mcup_add.h"

static inline void mcup_sub_line(const mcup_add_t *layer, const int8_t *a, const int8_t *b,
                                 int8_t *output)
{
    const int32_t a_step = layer->a_steps[3];
    const int32_t b_step = layer->b_steps[3];

    for (int8_t *end = output + layer->dims[3]; output < end; a += a_step, b += b_step) {
        int32_t x = mcup_add_operand(*a + layer->a_offset, layer->a_multiplier, layer->a_shift)
                  - mcup_add_operand(*b + layer->b_offset, layer->b_multiplier, layer->b_shift);
        x = mcup_round_shift(mcup_high_multiply(x, layer->multiplier), layer->shift);
        *output++ = mcup_clamp(x, layer->zero_point, layer->least, layer->most);
    }
}

#endif
