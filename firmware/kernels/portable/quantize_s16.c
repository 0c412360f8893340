/* QUANTIZE, int16 to int16.  Portable C: what other instruction sets must match. */
#include "mcup_math_s16.h"

void mcup_quantize_s16(const mcup_quantize_t *layer, const int16_t *input, int16_t *output)
{
    for (int32_t i = 0; i < layer->size; i++) {
        const int32_t scaled = mcup_scale(input[i], layer->multiplier, layer->shift);
        output[i] = mcup_clamp_s16(scaled, INT16_MIN, INT16_MAX);
    }
}
