/* ARG_MAX and ARG_MIN, int8: where along an axis the largest or the smallest element is, the first
 * of equals.  Portable C: the definition other instruction sets must match. */
#include "mcuprune.h"

#include <string.h>

static int32_t largest(const mcup_arg_max_t *layer, const int8_t *input)
{
    int32_t found = 0, most = *input * layer->sign;

    for (int32_t i = 1; i < layer->depth; i++) {
        const int32_t x = input[i * layer->inner] * layer->sign;
        if (x > most) {
            most = x;
            found = i;
        }
    }
    return found;
}

void mcup_arg_max_s8(const mcup_arg_max_t *layer, const int8_t *input, int8_t *output)
{
    for (int32_t i = 0; i < layer->outer; i++, input += layer->depth * layer->inner) {
        for (int32_t j = 0; j < layer->inner; j++, output += layer->size) {
            const int64_t found = largest(layer, input + j);
            memcpy(output, &found, (size_t)layer->size);
        }
    }
}
