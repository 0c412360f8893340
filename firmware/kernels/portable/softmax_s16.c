/* SOFTMAX, int16, from two curves of straight pieces.  Portable C: what other instruction sets must
 * match. */
#include "mcup_math.h"

/* A curve of 512 pieces at x, which stands for its range. */
static int32_t curve(const int16_t *table, int32_t x)
{
    const int16_t *piece = table + 256 + (x >> 7);

    return piece[0] + (((piece[1] - piece[0]) * (x & 127) + 64) >> 7);
}

/* exp of a distance from the largest, Q15 */
static int32_t exponential(const mcup_softmax_s16_t *layer, int32_t below)
{
    const int32_t scaled = mcup_scale(below, layer->multiplier, layer->shift);

    return curve(layer->exponential, scaled < -65535 ? INT16_MIN : mcup_saturate_16(scaled + INT16_MAX));
}

static void softmax_row(const mcup_softmax_s16_t *layer, const int16_t *input, int16_t *output)
{
    const int32_t depth = layer->depth;
    int32_t largest = INT16_MIN;
    for (int32_t i = 0; i < depth; i++) {
        largest = input[i] > largest ? input[i] : largest;
    }

    int32_t sum = 0; /* Q15 */
    for (int32_t i = 0; i < depth; i++) {
        const int32_t e = exponential(layer, input[i] - largest);
        output[i] = (int16_t)e;
        sum += e;
    }

    int shift = 30; /* of the quotient: the bits of the sum, less one */
    for (; sum < 1 << 30; sum *= 2) {
        shift--;
    }
    const int32_t near_one = (int32_t)(((uint32_t)sum + (1u << 13)) >> 14); /* Q16, in [1, 2) */
    const int32_t scale = curve(layer->reciprocal, mcup_saturate_16(near_one - (1 << 16) - (1 << 15)));
    for (int32_t i = 0; i < depth; i++) {
        const int32_t quotient = (output[i] * scale + (1 << (shift - 1))) >> shift;
        output[i] = (int16_t)(quotient > INT16_MAX ? INT16_MAX : quotient);
    }
}

void mcup_softmax_s16(const mcup_softmax_s16_t *layer, const int16_t *input, int16_t *output)
{
    for (int32_t row = 0; row < layer->rows; row++) {
        softmax_row(layer, input + row * layer->depth, output + row * layer->depth);
    }
}
