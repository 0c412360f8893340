/* QUANTIZE, int16 to int8.  Portable C: what other instruction sets must match. */
#include "mcup_math_s16.h"

void mcup_quantize_s16_s8(const mcup_quantize_t *layer, const int16_t *input, int8_t *output)
{
    for (int32_t i = 0; i < layer->size; i++) {
        const int32_t scaled = mcup_scale(input[i], layer->multiplier, layer->shift);
        output[i] = mcup_clamp(scaled, layer->zero_point, INT8_MIN, INT8_MAX);
    }
}
