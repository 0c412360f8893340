/* Logistic function and tanh of 16-bit fixed-point numbers, as gemmlowp computes them for TFLite's
 * LSTM, bit for bit.  Qn has n bits before the point: real = raw / 2^(15 - n).
 *
 *     exp(x), x <= 0    a polynomial of degree four around -1/8 for what is below a quarter, and a
 *                       factor exp(-2^k) for every higher bit
 *     2 / (1 + x)       three steps of Newton and Raphson
 */
#ifndef MCUP_SIGMOID_H
#define MCUP_SIGMOID_H

#include "mcup_math.h"

#define MCUP_ONE 32767 /* in Q0 */

static inline int32_t mcup_saturate_16(int32_t x)
{
    return x < INT16_MIN ? INT16_MIN : x > INT16_MAX ? INT16_MAX : x;
}

/* a * b of Q0, halves up */
static inline int32_t mcup_multiply_q0(int32_t a, int32_t b)
{
    return ((int16_t)a * (int16_t)b + (1 << 14)) >> 15;
}

/* exp(x) in Q0, of x < 0 in Q`integer_bits`, 1..7 */
static inline int32_t mcup_exp_q0(int32_t x, int integer_bits)
{
    static const int16_t factor[] = { 25520, 19875, 12055, 4435, 600, 11 }; /* exp(-2^k), k = -2..3 */
    const int32_t quarter = 1 << (13 - integer_bits);
    const int32_t low = (x & (quarter - 1)) - quarter;
    const int32_t y = low * (1 << integer_bits) + (1 << 12);
    const int32_t y2 = mcup_multiply_q0(y, y);
    const int32_t y3 = mcup_multiply_q0(y2, y);
    const int32_t y4 = mcup_multiply_q0(y2, y2);
    const int32_t tail = mcup_multiply_q0(((y4 + 2) >> 2) + y3, 10923) + y2; /* 1/3; never negative */
    int32_t result = 28918 + mcup_multiply_q0(y + ((tail + 1) >> 1), 28918); /* exp(-1/8) */
    int32_t bits = (low - x) >> (13 - integer_bits);

    if (bits >= 64) {
        return 0; /* the factor exp(-16) is nothing in Q0 */
    }
    for (const int16_t *f = factor; bits; f++, bits >>= 1) {
        if (bits & 1) {
            result = mcup_multiply_q0(result, *f);
        }
    }
    return result;
}

/* 2 / (1 + x) in Q2, of x in Q0 */
static inline int32_t mcup_reciprocal_q2(int32_t x)
{
    const int32_t half = (x + MCUP_ONE + 1) >> 1;
    int32_t y = 23130 + mcup_multiply_q0(half, -15420); /* 48/17 - 32/17 half */

    for (int i = 0; i < 3; i++) {
        y += 4 * mcup_multiply_q0(y, (1 << 13) - mcup_multiply_q0(half, y));
    }
    return y;
}

/* 1 / (1 + exp(-x)) in Q0, of x in Q3 */
static inline int16_t mcup_logistic_q3(int32_t x)
{
    if (x == 0) {
        return 1 << 14;
    }
    const int32_t y = mcup_saturate_16(2 * mcup_reciprocal_q2(mcup_exp_q0(x < 0 ? x : -x, 3)));
    return (int16_t)(x < 0 ? MCUP_ONE - y : y);
}

/* tanh(x) in Q0, of x in Q`integer_bits`, 0..6 */
static inline int16_t mcup_tanh(int32_t x, int integer_bits)
{
    if (x == 0) {
        return 0;
    }
    const int32_t e = mcup_exp_q0(x < 0 ? x : -x, integer_bits + 1);
    const int32_t y = mcup_saturate_16(4 * (mcup_reciprocal_q2(e) - (1 << 13)));
    return (int16_t)(x < 0 ? -y : y);
}

#endif
