/* SQUARED_DIFFERENCE, int8, with broadcasting: (a - b)^2 with 7 more bits for the operands.
 * Portable C: the definition other instruction sets must match. */
#include "mcup_add.h"

static int32_t operand(int32_t x, int32_t multiplier, int shift)
{
    return mcup_round_shift(mcup_high_multiply(x * (1 << 7), multiplier), shift);
}

static void square_line(const mcup_add_t *layer, const int8_t *a, const int8_t *b, int8_t *output)
{
    const int32_t a_step = layer->a_steps[3];
    const int32_t b_step = layer->b_steps[3];

    for (int8_t *end = output + layer->dims[3]; output < end; a += a_step, b += b_step) {
        int32_t x = operand(*a + layer->a_offset, layer->a_multiplier, layer->a_shift)
                  - operand(*b + layer->b_offset, layer->b_multiplier, layer->b_shift);
        x = mcup_round_shift(mcup_high_multiply(x * x, layer->multiplier), layer->shift);
        *output++ = mcup_clamp(x, layer->zero_point, layer->least, layer->most);
    }
}

void mcup_squared_difference_s8(const mcup_add_t *layer, const int8_t *a, const int8_t *b,
                                int8_t *output)
{
    mcup_add_lines(layer, a, b, output, square_line);
}
