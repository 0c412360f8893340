/* Logistic function and tanh of 16-bit fixed-point numbers by table: the bytes of mcup_sigmoid.h, in
 * fewer instructions and 15 KB of flash.
 *
 * Both are h(x) = 2 / (1 + exp(-x)) of x >= 0 at another scale.  A line through 256 arguments and
 * three bits for each argument say what it is: line + slope * x is 2^15 times the line's answer, where
 * slope is the line's lower half. */
#ifndef MCUP_SIGMOID_LOOKUP_H
#define MCUP_SIGMOID_LOOKUP_H

#include "mcup_sigmoid.h"
#include "mcup_sigmoid_table.h"

#define MCUP_SIGMOID_LAST 37631 /* h is one from here on, in the table and beyond */

/* h(x) in Q2, of x in Q3, 0..MCUP_SIGMOID_LAST */
static inline int32_t mcup_sigmoid_h(uint32_t x)
{
    const uint32_t line = mcup_sigmoid_line[x >> 8];
    const uint32_t bit = 3 * x;
    const uint8_t *rest = mcup_sigmoid_rest + (bit >> 3);
    const uint32_t bits = (uint32_t)(rest[0] | rest[1] << 8) >> (bit & 7);

    return (int32_t)(((line + (uint16_t)line * x) >> 15) + (bits & 7));
}

/* 1 / (1 + exp(-x)) in Q0, of x in Q3 */
static inline int32_t mcup_logistic_lookup(int32_t x)
{
    const int32_t y = 2 * mcup_sigmoid_h((uint32_t)(x < 0 ? -x : x));
    return x < 0 ? INT16_MAX - y : y;
}

/* tanh(x) in Q0, of x in Q`integer_bits`, 0..6; of fewer than two there are more arguments than the
 * table knows */
static inline int32_t mcup_tanh_lookup(int32_t x, int integer_bits)
{
    if (integer_bits < 2) {
        return mcup_tanh(x, integer_bits);
    }
    const uint32_t twice = (uint32_t)(x < 0 ? -x : x) << (integer_bits - 2);
    const uint32_t at = twice < MCUP_SIGMOID_LAST ? twice : MCUP_SIGMOID_LAST;
    const int32_t h = 4 * (mcup_sigmoid_h(at) - (1 << 13));
    const int32_t y = h < INT16_MAX ? h : INT16_MAX;
    return x < 0 ? -y : y;
}

#endif
