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

static inline int32_t mcup_at_most_one(int32_t x)
{
    return x > MCUP_ONE ? MCUP_ONE : x;
}

/* a * b of Q0, halves up.  Where there is SMMULR it is one instruction, and shifts that products share. */
static inline int32_t mcup_multiply_q0(int32_t a, int32_t b)
{
#ifdef __ARM_FEATURE_DSP
    int32_t product;
    __asm__("smmulr %0, %1, %2" : "=r"(product) : "r"(a * 2), "r"(b * (1 << 16)));
    return product;
#else
    return (a * b + (1 << 14)) >> 15;
#endif
}

/* exp(x) in Q0, of x < 0 in Q`integer_bits`, 1..7 */
static inline int32_t mcup_exp_q0(int32_t x, int integer_bits)
{
    const int32_t quarter = 1 << (13 - integer_bits);
    const int32_t low = (x & (quarter - 1)) - quarter;
    const int32_t y = low * (1 << integer_bits) + (1 << 12);
    const int32_t y2 = mcup_multiply_q0(y, y);
    const int32_t y3 = mcup_multiply_q0(y2, y);
    const int32_t y4 = mcup_multiply_q0(y2, y2);
    const int32_t tail = mcup_multiply_q0(((y4 + 2) >> 2) + y3, 10923) + y2; /* 1/3; never negative */
    const int32_t bits = (low - x) >> (13 - integer_bits);
    int32_t exp = 28918 + mcup_multiply_q0(y + ((tail + 1) >> 1), 28918); /* exp(-1/8) */

    exp = bits & 1 ? mcup_multiply_q0(exp, 25520) : exp; /* exp(-1/4) */
    exp = bits & 2 ? mcup_multiply_q0(exp, 19875) : exp;
    exp = bits & 4 ? mcup_multiply_q0(exp, 12055) : exp;
    exp = bits & 8 ? mcup_multiply_q0(exp, 4435) : exp;
    exp = bits & 16 ? mcup_multiply_q0(exp, 600) : exp;
    if (bits < 32) {
        return exp;
    }
    return bits < 64 ? mcup_multiply_q0(exp, 11) : 0; /* exp(-8); exp(-16) is nothing */
}

/* y nearer to 1 / half, both in (1/2, 2) */
static inline int32_t mcup_newton_q2(int32_t y, int32_t half)
{
    return y + 4 * mcup_multiply_q0(y, (1 << 13) - mcup_multiply_q0(half, y));
}

/* 2 / (1 + x) in Q2, of x in Q0 */
static inline int32_t mcup_reciprocal_q2(int32_t x)
{
    const int32_t half = (x + MCUP_ONE + 1) >> 1;
    const int32_t line = 23130 + mcup_multiply_q0(half, -15420); /* 48/17 - 32/17 half */

    return mcup_newton_q2(mcup_newton_q2(mcup_newton_q2(line, half), half), half);
}

/* 1 / (1 + exp(-x)) in Q0, of x in Q3 */
static inline int32_t mcup_logistic_q3(int32_t x)
{
    if (x == 0) {
        return 1 << 14;
    }
    const int32_t y = mcup_at_most_one(2 * mcup_reciprocal_q2(mcup_exp_q0(x < 0 ? x : -x, 3)));
    return x < 0 ? MCUP_ONE - y : y;
}

/* tanh(x) in Q0, of x in Q`integer_bits`, 0..6 */
static inline int32_t mcup_tanh(int32_t x, int integer_bits)
{
    if (x == 0) {
        return 0;
    }
    const int32_t e = mcup_exp_q0(x < 0 ? x : -x, integer_bits + 1);
    const int32_t y = mcup_at_most_one(4 * (mcup_reciprocal_q2(e) - (1 << 13)));
    return x < 0 ? -y : y;
}

#endif
