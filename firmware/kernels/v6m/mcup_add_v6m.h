/* ADD and SUB without long multiplications.
 *
 * Elements that follow one another in both operands take fewer instructions than the definition
 * has: the operand of the larger scale, whose multiplier is 2^30 and shift 0, is only halved, and
 * the other one and the sum, which are shifted right by at least 1, are rounded by their sign:
 *
 *     x / 2^e, halves away from zero  =  (x - (1 if x < 0) + (1 << (e - 1))) >> e
 */
#ifndef MCUP_ADD_V6M_H
#define MCUP_ADD_V6M_H

#include "mcup_math_v6m.h"

#include "mcup_add.h"

/* a + SIGN * b */
static void neighbours(const mcup_add_t *layer, const int8_t *a, const int8_t *b, int8_t *output)
{
    const int swapped = layer->a_shift != 0;
    const int8_t *halved = swapped ? b : a;
    const int8_t *scaled = swapped ? a : b;
    const int32_t halved_offset = swapped ? layer->b_offset : layer->a_offset;
    const int32_t scaled_offset = swapped ? layer->a_offset : layer->b_offset;
    const int32_t halved_sign = swapped ? SIGN : 1;
    const int32_t scaled_sign = swapped ? 1 : SIGN;
    const int32_t scaled_multiplier = swapped ? layer->a_multiplier : layer->b_multiplier;
    const int32_t scaled_shift = swapped ? layer->a_shift : layer->b_shift; /* 0: halved, too */
    const int32_t scaled_round = scaled_shift ? 1 << (scaled_shift - 1) : 0;
    const int32_t multiplier = layer->multiplier, shift = layer->shift;
    const int32_t round = ((2 * layer->zero_point + 1) * (1 << shift)) >> 1;
    const int32_t least = layer->least, most = layer->most;

    for (const int8_t *end = output + layer->dims[3]; output < end;) {
        int32_t x = *scaled++ + scaled_offset;
        int32_t sum = (*halved++ + halved_offset) * (halved_sign * (1 << 19));
        if (scaled_shift != 0) {
            const int32_t rounded = scaled_round + (x >> 31);
            x = (mcup_high_multiply(x * (1 << 20), scaled_multiplier) + rounded) >> scaled_shift;
            sum += scaled_sign * x;
        } else {
            sum += x * (scaled_sign * (1 << 19));
        }
        x = (mcup_high_multiply(sum, multiplier) + round + (sum >> 31)) >> shift;
        x = x < least ? least : x;
        x = x > most ? most : x;
        *output++ = (int8_t)x;
    }
}

#endif
