/* TFLite's fixed-point arithmetic, bit for bit: a Q31 multiplication and a shift, both rounded. */
#ifndef MCUP_MATH_H
#define MCUP_MATH_H

#include "mcuprune.h"

/* x / 2^shift, halves away from zero; shift in 0..31 */
static inline int32_t mcup_round_shift(int32_t x, int shift)
{
    const int32_t mask = (int32_t)((1u << shift) - 1u);
    const int32_t threshold = (mask >> 1) + (x < 0);

    return (x >> shift) + ((x & mask) > threshold);
}

/* x * multiplier / 2^31, halves up; the multiplier is never -2^31, so this cannot overflow */
static inline int32_t mcup_high_multiply(int32_t x, int32_t multiplier)
{
    return (int32_t)(((int64_t)x * multiplier + (1 << 30)) >> 31);
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

static inline int32_t mcup_saturate_16(int32_t x)
{
    return x < INT16_MIN ? INT16_MIN : x > INT16_MAX ? INT16_MAX : x;
}

#endif
