/* Two operands of int16, element by element, with broadcasting. */
#ifndef MCUP_PAIRS_S16_H
#define MCUP_PAIRS_S16_H

#include "mcup_math_s16.h"

typedef int16_t mcup_pair_s16_t(const void *layer, int32_t a, int32_t b);

/* layer: what `pair` reads of it */
static inline void mcup_pairs_s16(const mcup_pairs_t *loops, const void *layer, const int16_t *a,
                                  const int16_t *b, int16_t *output, mcup_pair_s16_t *pair)
{
    const int32_t *n = loops->dims;
    const int32_t *s = loops->a_steps;
    const int32_t *t = loops->b_steps;

    for (int32_t i = 0; i < n[0]; i++) {
        for (int32_t j = 0; j < n[1]; j++) {
            for (int32_t k = 0; k < n[2]; k++) {
                const int16_t *x = a + i * s[0] + j * s[1] + k * s[2];
                const int16_t *y = b + i * t[0] + j * t[1] + k * t[2];
                for (int32_t l = 0; l < n[3]; l++, x += s[3], y += t[3]) {
                    *output++ = pair(layer, *x, *y);
                }
            }
        }
    }
}

#endif
