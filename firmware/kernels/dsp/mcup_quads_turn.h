/* A column in quads without X: what mcup_four_rows.h reads. */
#ifndef MCUP_QUADS_TURN_H
#define MCUP_QUADS_TURN_H

#include "mcup_bytes.h"
#include "mcup_quads_dsp.h"

/* Inputs become a Y for every quad.  What follows meets weights of zero, and may be anything.  Weak:
 * in several kernels' files, the linker keeps one. */
void mcup_quads_turn(const int8_t *column, int32_t inputs, uint32_t *to);

__attribute__((weak)) void mcup_quads_turn(const int8_t *column, int32_t inputs, uint32_t *to)
{
    uint32_t last = 0;

    for (; inputs >= 4; inputs -= 4, column += 4) {
        *to++ = mcup_quad_y(mcup_load(column));
    }
    for (int32_t i = 0; i < inputs; i++) {
        last |= (uint32_t)(uint8_t)column[i] << 8 * i;
    }
    if (inputs > 0) {
        *to = mcup_quad_y(last);
    }
}

#endif
