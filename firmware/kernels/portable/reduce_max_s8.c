/* REDUCE_MAX over any dimensions, int8.  Portable C: the definition other instruction sets must match. */
#include "mcuprune.h"

static int8_t largest(const mcup_reduce_t *layer, const int8_t *input)
{
    int8_t found = INT8_MIN;

    for (int32_t i = 0; i < layer->summed[0]; i++) {
        const int8_t *from = input + i * layer->summed_steps[0];
        for (int32_t j = 0; j < layer->summed[1]; j++, from += layer->summed_steps[1]) {
            found = *from > found ? *from : found;
        }
    }
    return found;
}

void mcup_reduce_max_s8(const mcup_reduce_t *layer, const int8_t *input, int8_t *output)
{
    for (int32_t i = 0; i < layer->kept[0]; i++) {
        for (int32_t j = 0; j < layer->kept[1]; j++) {
            *output++ = largest(layer, input + i * layer->kept_steps[0] + j * layer->kept_steps[1]);
        }
    }
}
