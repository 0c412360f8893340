/* Any function of one int8: RELU, LOGISTIC, HARD_SWISH, QUANTIZE and their kin, by a table of its
 * 256 values.  Four at a time: loads that follow one another overlap. */
#include "mcuprune.h"

void mcup_lookup_s8(const mcup_lookup_t *layer, const int8_t *input, int8_t *output)
{
    const int8_t *table = layer->table;
    int32_t left = layer->size;

    for (; left >= 4; left -= 4, input += 4, output += 4) {
        const uint8_t i = (uint8_t)input[0], j = (uint8_t)input[1];
        const uint8_t k = (uint8_t)input[2], l = (uint8_t)input[3];
        const int8_t a = table[i], b = table[j], c = table[k], d = table[l];
        output[0] = a;
        output[1] = b;
        output[2] = c;
        output[3] = d;
    }
    for (; left > 0; left--) {
        *output++ = table[(uint8_t)*input++];
    }
}
