/* MUL, int16, with broadcasting.  Portable C: what other instruction sets must match. */
#include "mcup_pairs_s16.h"

static int16_t multiply(const void *of, int32_t a, int32_t b)
{
    const mcup_mul_s16_t *layer = of;

    return mcup_clamp_s16(mcup_scale(a * b, layer->multiplier, layer->shift), layer->least,
                          layer->most);
}

void mcup_mul_s16(const mcup_mul_s16_t *layer, const int16_t *a, const int16_t *b, int16_t *output)
{
    mcup_pairs_s16(&layer->pairs, layer, a, b, output, multiply);
}
