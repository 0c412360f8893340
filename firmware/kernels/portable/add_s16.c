/* ADD, int16, with broadcasting.  Portable C: what other instruction sets must match. */
#include "mcup_pairs_s16.h"

static int32_t operand(int32_t x, int32_t multiplier, int shift)
{
    return mcup_round_shift(mcup_high_multiply(x * (1 << 15), multiplier), shift);
}

static int16_t add(const void *of, int32_t a, int32_t b)
{
    const mcup_add_s16_t *layer = of;
    const int32_t sum = operand(a, layer->a_multiplier, layer->a_shift)
                      + operand(b, layer->b_multiplier, layer->b_shift);
    const int32_t scaled = mcup_round_shift(mcup_high_multiply(sum, layer->multiplier), layer->shift);

    return mcup_clamp_s16(scaled, layer->least, layer->most);
}

void mcup_add_s16(const mcup_add_s16_t *layer, const int16_t *a, const int16_t *b, int16_t *output)
{
    mcup_pairs_s16(&layer->pairs, layer, a, b, output, add);
}
