/* GATHER with constant indices.  Portable C: the definition other instruction sets must match. */
#include "mcuprune.h"

#include <string.h>

void mcup_gather_s8(const mcup_gather_t *layer, const int8_t *input, int8_t *output)
{
    const int32_t inner = layer->inner;

    for (int32_t i = 0; i < layer->outer; i++, input += layer->step) {
        for (int32_t j = 0; j < layer->count; j++, output += inner) {
            memcpy(output, input + layer->index[j] * inner, (size_t)inner);
        }
    }
}
