/* SOFTMAX without long multiplications. */
#include "mcup_math_v6m.h"

#include "mcup_softmax.h"

void mcup_softmax_s8(const mcup_softmax_t *layer, const int8_t *input, int8_t *output)
{
    mcup_softmax(layer, input, output);
}
