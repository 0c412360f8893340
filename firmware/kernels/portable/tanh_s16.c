/* TANH, int16: tanh(x) is twice the logistic function of 2 x, less one.  Portable C: what other
 * instruction sets must match. */
#include "mcup_curve_s16.h"

void mcup_tanh_s16(const mcup_curve_s16_t *layer, const int16_t *input, int16_t *output)
{
    for (int32_t i = 0; i < layer->size; i++) {
        const int32_t x = mcup_curve_input(layer, input[i]);
        const int32_t y = mcup_curve((uint32_t)(x < 0 ? -x : x), 8, 0xFFFF << 8) - (1 << 23);
        output[i] = (int16_t)((x < 0 ? 127 - y : y + 128) >> 8);
    }
}
