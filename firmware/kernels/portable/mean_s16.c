/* MEAN over any dimensions, int16.  Portable C: the definition other instruction sets must match. */
#include "mcup_math_s16.h"

static int32_t sum(const mcup_mean_t *layer, const int16_t *input)
{
    int32_t acc = layer->bias;

    for (int32_t i = 0; i < layer->summed[0]; i++) {
        const int16_t *from = input + i * layer->summed_steps[0];
        for (int32_t j = 0; j < layer->summed[1]; j++, from += layer->summed_steps[1]) {
            acc += *from;
        }
    }
    return acc;
}

void mcup_mean_s16(const mcup_mean_t *layer, const int16_t *input, int16_t *output)
{
    for (int32_t i = 0; i < layer->kept[0]; i++) {
        for (int32_t j = 0; j < layer->kept[1]; j++) {
            const int16_t *first = input + i * layer->kept_steps[0] + j * layer->kept_steps[1];
            const int32_t scaled = mcup_scale(sum(layer, first), layer->multiplier, layer->shift);
            *output++ = mcup_clamp_s16(scaled, INT16_MIN, INT16_MAX);
        }
    }
}
