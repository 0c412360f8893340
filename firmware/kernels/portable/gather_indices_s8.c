/* GATHER and EMBEDDING_LOOKUP: slices that int32 indices choose, wherever those lie in memory.  An
 * index that leads nowhere takes the first slice: no input makes this read outside the table.
 * Portable C: the definition other instruction sets must match. */
#include "mcuprune.h"

#include <string.h>

void mcup_gather_indices_s8(const mcup_gather_indices_t *layer, const int8_t *input,
                            const int8_t *indices, int8_t *output)
{
    const int32_t inner = layer->inner;

    for (int32_t i = 0; i < layer->outer; i++, input += layer->places * inner) {
        for (int32_t j = 0; j < layer->count; j++, output += inner) {
            int32_t place;
            memcpy(&place, indices + 4 * j, sizeof place);
            place = place < 0 || place >= layer->places ? 0 : place;
            memcpy(output, input + place * inner, (size_t)inner);
        }
    }
}
