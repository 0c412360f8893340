/* MUL without long multiplications.
 *
 * Elements that follow one another in both operands take fewer instructions than the definition
 * has: where the product is shifted right by at least 1, its sign does the rounding (mcup_add_v6m.h).
 */
#include "mcup_math_v6m.h"

#include "mcup_mul.h"

static void mul_neighbours(const mcup_mul_t *layer, const int8_t *a, const int8_t *b,
                           int8_t *output)
{
    const int32_t a_offset = layer->a_offset, b_offset = layer->b_offset;
    const int32_t multiplier = layer->multiplier, shift = layer->shift;
    const int32_t round = ((2 * layer->zero_point + 1) * (1 << shift)) >> 1;
    const int32_t least = layer->least, most = layer->most;

    for (const int8_t *end = output + layer->dims[3]; output < end;) {
        const int32_t product = (*a++ + a_offset) * (*b++ + b_offset);
        int32_t x = (mcup_high_multiply(product, multiplier) + round + (product >> 31)) >> shift;
        x = x < least ? least : x;
        x = x > most ? most : x;
        *output++ = (int8_t)x;
    }
}

void mcup_mul_s8(const mcup_mul_t *layer, const int8_t *a, const int8_t *b, int8_t *output)
{
    const int neighbours = layer->a_steps[3] == 1 && layer->b_steps[3] == 1;
    const int fast = neighbours && layer->shift >= 1 && layer->shift <= 22;

    mcup_mul_lines(layer, a, b, output, fast ? mul_neighbours : mcup_mul_line);
}
