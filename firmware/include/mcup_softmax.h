/* SOFTMAX, int8, in gemmlowp's fixed point; exponentials come from a table.  For every instruction
 * set: they differ in how they multiply (mcup_math.h). */
#ifndef MCUP_SOFTMAX_H
#define MCUP_SOFTMAX_H

#include "mcup_math.h"

/* 1 / (1 + x) for x in [0, 1), both Q31: Newton steps in Q29 to the reciprocal of (1 + x) / 2. */
static inline int32_t mcup_reciprocal(int32_t x)
{
    const int32_t half = (x >> 1) + (1 << 30);
    int32_t guess = 1515870810 + mcup_high_multiply(half, -1010580540); /* 48/17 - 32/17 * half */

    for (int step = 0; step < 3; step++) {
        const int32_t error = (1 << 29) - mcup_high_multiply(half, guess);
        guess += mcup_high_multiply(guess, error) * 4;
    }
    return guess > INT32_MAX / 2 ? INT32_MAX : guess * 2;
}

static inline void mcup_softmax_row(const mcup_softmax_t *layer, const int8_t *input,
                                    int8_t *output)
{
    const int32_t *exponential = layer->exponential;
    const int32_t depth = layer->depth;
    const int32_t entries = layer->entries;
    int32_t largest = INT8_MIN;
    for (int32_t i = 0; i < depth; i++) {
        largest = input[i] > largest ? input[i] : largest;
    }

    uint32_t sum = 0; /* Q19 */
    for (int32_t i = 0; i < depth; i++) {
        const int32_t below = largest - input[i];
        if (below < entries) {
            sum += ((uint32_t)exponential[below] + (1u << 11)) >> 12;
        }
    }

    int shift = 35; /* of the quotient, Q31, to eight bits: less the bits that normalize the sum */
    for (; sum < 1u << 31; sum <<= 1) {
        shift--;
    }
    const int32_t scale = mcup_reciprocal((int32_t)(sum - (1u << 31)));
    const uint32_t half = 1u << (shift - 1);
    for (int32_t i = 0; i < depth; i++) {
        const int32_t below = largest - input[i];
        uint32_t quotient = 0;
        if (below < entries) {
            quotient = ((uint32_t)mcup_high_multiply(scale, exponential[below]) + half) >> shift;
        }
        output[i] = (int8_t)((int32_t)(quotient > UINT8_MAX ? UINT8_MAX : quotient) + INT8_MIN);
    }
}

static inline void mcup_softmax(const mcup_softmax_t *layer, const int8_t *input, int8_t *output)
{
    for (int32_t row = 0; row < layer->rows; row++) {
        mcup_softmax_row(layer, input + row * layer->depth, output + row * layer->depth);
    }
}

#endif
