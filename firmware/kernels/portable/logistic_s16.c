/* LOGISTIC, int16.  Portable C: what other instruction sets must match. */
#include "mcup_curve_s16.h"

void mcup_logistic_s16(const mcup_curve_s16_t *layer, const int16_t *input, int16_t *output)
{
    for (int32_t i = 0; i < layer->size; i++) {
        const int32_t x = mcup_curve_input(layer, input[i]);
        const int32_t y = mcup_curve((uint32_t)(x < 0 ? -x : x), 9, 0x7FFF << 10);
        output[i] = (int16_t)((x < 0 ? (1 << 25) - y + 511 : y + 512) >> 10);
    }
}
