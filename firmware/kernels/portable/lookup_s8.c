/* Any function of one int8: RELU, LOGISTIC, HARD_SWISH, QUANTIZE and their kin, by a table of its 256 values. */
#include "mcuprune.h"

void mcup_lookup_s8(const mcup_lookup_t *layer, const int8_t *input, int8_t *output)
{
    const int8_t *table = layer->table;

    for (int32_t i = 0; i < layer->size; i++) {
        output[i] = table[(uint8_t)input[i]];
    }
}
