/* Clamp outputs that a fast loop has saturated to int8, where the layer's bounds are closer. */
#ifndef MCUP_CLAMP_H
#define MCUP_CLAMP_H

#include <stdint.h>

static inline void mcup_clamp_outputs(int8_t *output, int32_t size, int8_t least, int8_t most)
{
    if (least == INT8_MIN && most == INT8_MAX) {
        return;
    }
    for (const int8_t *end = output + size; output < end; output++) {
        *output = *output < least ? least : *output > most ? most : *output;
    }
}

#endif
