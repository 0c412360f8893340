/* What int16 activations need besides mcup_math.h. */
#ifndef MCUP_MATH_S16_H
#define MCUP_MATH_S16_H

#include "mcup_math.h"

/* x * multiplier / 2^shift, halves up, of |x| < 2^47; multiplier in 0..32767, shift in 1..62 */
static inline int32_t mcup_scale_short(int64_t x, int32_t multiplier, int shift)
{
    return (int32_t)((x * multiplier + ((int64_t)1 << (shift - 1))) >> shift);
}

static inline int16_t mcup_clamp_s16(int32_t x, int32_t least, int32_t most)
{
    return (int16_t)(x < least ? least : x > most ? most : x);
}

#endif
