/* Columns of a convolution in quads: {Y, X}, which meet many rows. */
#ifndef MCUP_QUADS_EXPAND_H
#define MCUP_QUADS_EXPAND_H

#include "mcup_bytes.h"
#include "mcup_quads_dsp.h"

/* `quads` times four bytes, `apart` from each other, become {Y, X} every `step` words from `to`; or
 * as many quads hold nothing but `value`.  -> where the next quad goes.  Weak: in several kernels'
 * files, the linker keeps one. */
uint32_t *mcup_quads_expand(const int8_t *from, int32_t apart, uint32_t *to, int32_t step,
                            int32_t quads);
uint32_t *mcup_quads_fill(int8_t value, uint32_t *to, int32_t step, int32_t quads);

__attribute__((weak)) uint32_t *mcup_quads_expand(const int8_t *from, int32_t apart, uint32_t *to,
                                                  int32_t step, int32_t quads)
{
    for (; quads >= 2; quads -= 2, from += 2 * apart, to += 2 * step) {
        const uint32_t first = mcup_quad_y(mcup_load(from));
        const uint32_t second = mcup_quad_y(mcup_load(from + apart));
        to[1] = mcup_quad_x(first); /* stores of one word each take less than those of two */
        to[step + 1] = mcup_quad_x(second);
        to[0] = first;
        to[step] = second;
    }
    if (quads > 0) {
        const uint32_t last = mcup_quad_y(mcup_load(from));
        to[1] = mcup_quad_x(last);
        to[0] = last;
        to += step;
    }
    return to;
}

__attribute__((weak)) uint32_t *mcup_quads_fill(int8_t value, uint32_t *to, int32_t step,
                                                int32_t quads)
{
    const uint32_t y = mcup_quad_y((uint8_t)value * 0x01010101u);
    const uint32_t x = mcup_quad_x(y);
    for (; quads > 0; quads--, to += step) {
        to[0] = y;
        to[1] = x;
    }
    return to;
}

#endif
