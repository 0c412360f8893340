/* Any function of one int8, by a table of its 256 answers: RELU, LOGISTIC, HARD_SWISH, QUANTIZE. */
#include "mcuprune.h"

void mcup_lookup_s8(const mcup_lookup_t *layer, const int8_t *input, int8_t *output)
{
    const int8_t *table = layer->table;

    for (int32_t i = 0; i < layer->size; i++) {
        output[i] = table[(uint8_t)input[i]];
    }
}
