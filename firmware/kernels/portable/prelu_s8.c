/* PRELU, int8, with broadcasting.  Portable C: the definition other instruction sets must match. */
#include "mcup_pairs.h"

static int8_t bend(const void *prelu, int8_t input, int8_t alpha)
{
    const mcup_prelu_t *layer = prelu;
    int32_t x = input + layer->offset;

    if (x >= 0) {
        x = mcup_scale(x, layer->rise, layer->rise_shift);
    } else {
        x = mcup_scale(x * (alpha + layer->alpha_offset), layer->fall, layer->fall_shift);
    }
    return mcup_clamp(x, layer->zero_point, INT8_MIN, INT8_MAX);
}

void mcup_prelu_s8(const mcup_prelu_t *layer, const int8_t *input, const int8_t *alpha, int8_t *output)
{
    mcup_pairs(&layer->pairs, layer, input, alpha, output, bend);
}
