/* LOG_SOFTMAX, int8, in gemmlowp's fixed point; exponentials come from a table.  Portable C: what
 * other instruction sets must match. */
#include "mcup_softmax.h"

static int32_t bits_of(int32_t x)
{
    int32_t bits = 0;
    for (; x > 0; x >>= 1) {
        bits++;
    }
    return bits;
}

/* 2 * x of Q0 in [0, 1) */
static int32_t twice(int32_t x)
{
    return x > INT32_MAX / 2 ? INT32_MAX : 2 * x;
}

/* log(x) in Q26 of x >= 1 in Q19: of the power of two that is in x, give or take a quarter, and of
 * what is left, r, which lies around the fourth root of 1/2. */
static int32_t logarithm(int32_t x)
{
    const int32_t fourth_root_half = 1805811301;
    const int32_t sqrt_half = 1518500250;
    const int32_t bits = bits_of(x);
    const int32_t half = mcup_high_multiply(x, sqrt_half);
    const int32_t half_bits = bits_of(half);
    const int32_t high = twice(mcup_high_multiply(x << (31 - bits), sqrt_half));
    const int32_t low = bits > half_bits ? INT32_MAX : x << (31 - half_bits);
    const int32_t up = (bits - 20) * (1 << 25) + (1 << 23); /* Q25 */
    const int32_t down = (half_bits - 19) * (1 << 25) - (1 << 23);
    const int32_t r = high < low ? high : low;
    const int32_t power = up > down ? up : down;

    const int32_t middle = (int32_t)(((uint32_t)r + (uint32_t)fourth_root_half + 1) >> 1);
    const int32_t q = 2 * (r - fourth_root_half);
    const int32_t square = mcup_high_multiply(q, q);
    const int32_t numerator =
        mcup_high_multiply(q, r)
        + mcup_high_multiply(mcup_high_multiply(q, square), 117049297);
    const int32_t denominator =
        mcup_high_multiply(middle, 1057819769 + q + mcup_high_multiply(square, 127690142))
        + mcup_high_multiply(q, 638450708);
    const int32_t quotient =
        mcup_high_multiply(mcup_round_shift(numerator, 6), mcup_reciprocal(denominator));
    return 2 * (mcup_high_multiply(power, 1488522236) + quotient); /* log(2) */
}

static void log_softmax_row(const mcup_log_softmax_t *layer, const int8_t *input, int8_t *output)
{
    const int32_t depth = layer->depth;
    int32_t largest = INT8_MIN;
    for (int32_t i = 0; i < depth; i++) {
        largest = input[i] > largest ? input[i] : largest;
    }

    int32_t sum = 0; /* Q19 */
    for (int32_t i = 0; i < depth; i++) {
        const int32_t below = largest - input[i];
        sum += below < layer->entries ? layer->exponential[below] : 0;
    }

    const int32_t log_sum = logarithm(sum);
    for (int32_t i = 0; i < depth; i++) {
        const int32_t below = largest - input[i];
        int8_t y = INT8_MIN;
        if (below < layer->entries) {
            const int32_t distance = mcup_scale(-below, layer->multiplier, -layer->shift);
            y = mcup_clamp(mcup_round_shift(distance - log_sum, 22), 127, INT8_MIN, INT8_MAX);
        }
        output[i] = y;
    }
}

void mcup_log_softmax_s8(const mcup_log_softmax_t *layer, const int8_t *input, int8_t *output)
{
    for (int32_t row = 0; row < layer->rows; row++) {
        log_softmax_row(layer, input + row * layer->depth, output + row * layer->depth);
    }
}
