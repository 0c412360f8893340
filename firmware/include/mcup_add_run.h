/* ADD of elements that follow one another in both operands, faster than by its definition (mcup_add.h).
 *
 * The operand of the larger scale has multiplier 2^30 and shift 0: it is only halved.  The other one, and the sum, are
 * shifted right by at least 1, rounded with the sign of what was multiplied:
 *
 *     x / 2^e, halves away from zero  =  (x - (1 if x < 0) + (1 << (e - 1))) >> e
 *
 * For shifts of the sum in 1..22.
 */
#ifndef MCUP_ADD_RUN_H
#define MCUP_ADD_RUN_H

#include "mcup_add.h"

static inline void mcup_add_run(const mcup_add_t *layer, const int8_t *a, const int8_t *b, int8_t *output)
{
    const int swapped = layer->a_shift != 0;
    const int8_t *halved = swapped ? b : a;
    const int8_t *scaled = swapped ? a : b;
    const int32_t halved_offset = swapped ? layer->b_offset : layer->a_offset;
    const int32_t scaled_offset = swapped ? layer->a_offset : layer->b_offset;
    const int32_t scaled_multiplier = swapped ? layer->a_multiplier : layer->b_multiplier;
    const int32_t scaled_shift = swapped ? layer->a_shift : layer->b_shift; /* 0: it is halved, too */
    const int32_t scaled_round = scaled_shift ? 1 << (scaled_shift - 1) : 0;
    const int32_t multiplier = layer->multiplier, shift = layer->shift;
    const int32_t round = ((2 * layer->zero_point + 1) * (1 << shift)) >> 1;
    const int32_t least = layer->least, most = layer->most;

    for (const int8_t *end = output + layer->dims[3]; output < end;) {
        int32_t x = *scaled++ + scaled_offset;
        int32_t sum = (*halved++ + halved_offset) * (1 << 19);
        if (scaled_shift != 0) {
            sum += (mcup_high_multiply(x * (1 << 20), scaled_multiplier) + scaled_round + (x >> 31)) >> scaled_shift;
        } else {
            sum += x * (1 << 19);
        }
        x = (mcup_high_multiply(sum, multiplier) + round + (sum >> 31)) >> shift;
        x = x < least ? least : x;
        x = x > most ? most : x;
        *output++ = (int8_t)x;
    }
}

static inline void mcup_add_runs(const mcup_add_t *layer, const int8_t *a, const int8_t *b, int8_t *output)
{
    const int neighbours = layer->a_steps[3] == 1 && layer->b_steps[3] == 1;

    mcup_add_lines(layer, a, b, output,
                   neighbours && layer->shift >= 1 && layer->shift <= 22 ? mcup_add_run : mcup_add_line);
}

#endif
