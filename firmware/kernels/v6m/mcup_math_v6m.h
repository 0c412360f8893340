/* mcup_math.h for cores without a long multiplication (Cortex-M0, M0+): the same functions, bit for
 * bit, of 32-bit operations alone.  A kernel includes this file before any other: it takes that
 * header's place.
 *
 * Both factors are split into signed halves, x = 65536 * high + low.  Then no partial sum below
 * leaves 32 bits, whatever x is and whatever the multiplier, save that neither is -2^31 when the
 * other is:
 *
 *     (x * m + 2^30) >> 31  =  2 * xh * mh + ((xh * ml + xl * mh + (xl * ml >> 16) + 2^14) >> 15)
 */
#ifndef MCUP_MATH_H
#define MCUP_MATH_H

#include "mcuprune.h"

/* The high half, such that the low one, (int16_t)x, is signed. */
static inline int32_t mcup_high(int32_t x)
{
    return ((x >> 15) + 1) >> 1;
}

/* x * (65536 * high + low) / 2^31, halves up: for loops in which the multiplier is split once */
static inline int32_t mcup_high_multiply_split(int32_t x, int32_t high, int32_t low)
{
    const int32_t xh = mcup_high(x);
    const int32_t xl = (int16_t)x;
    const int32_t middle = xh * low + xl * high + ((xl * low) >> 16) + (1 << 14);

    return (int32_t)(2u * (uint32_t)(xh * high) + (uint32_t)(middle >> 15));
}

/* x * multiplier / 2^31, halves up */
static inline int32_t mcup_high_multiply(int32_t x, int32_t multiplier)
{
    return mcup_high_multiply_split(x, mcup_high(multiplier), (int16_t)multiplier);
}

/* x / 2^shift, halves away from zero; shift in 0..31, |x| < 2^31 - 1 as of every product above.
 * Below zero that is x - 1, halves up. */
static inline int32_t mcup_round_shift(int32_t x, int shift)
{
    if (shift == 0) {
        return x;
    }
    return (((x + (x >> 31)) >> (shift - 1)) + 1) >> 1;
}

/* x * multiplier / 2^31 / 2^shift; a negative shift is to the left, before the multiplication */
static inline int32_t mcup_scale(int32_t x, int32_t multiplier, int shift)
{
    if (shift < 0) {
        return mcup_high_multiply((int32_t)((uint32_t)x << -shift), multiplier);
    }
    return mcup_round_shift(mcup_high_multiply(x, multiplier), shift);
}

/* x moved to the zero point and clamped; x may be anything */
static inline int8_t mcup_clamp(int32_t x, int32_t zero_point, int32_t least, int32_t most)
{
    least -= zero_point;
    most -= zero_point;
    x = x < least ? least : x;
    x = x > most ? most : x;
    return (int8_t)(x + zero_point);
}

#endif
