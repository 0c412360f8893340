/* Columns in quads, for SMLAD.  Four inputs become two words of halves:
 *
 *     Y = (256 x1 + 127 - x0, 256 x3 + 127 - x2)        X = (x0 + 128, x2 + 128)
 *
 * and meet the weights H = (256 w0 + w1, 256 w2 + w3) and L = SXTB16(H) = (w1, w3) in
 *
 *     SMLAD(X, H) + SMLAD(Y, L) = 256 (w0 (x0 + 128) + w1 x1 + w2 (x2 + 128) + w3 x3) + 255 (w1 + w3):
 *
 * four products by three instructions, from weights of a byte each.  An accumulator starts at the
 * row's `start` and ends as 256 times the row's sum; on the way it may wrap.
 */
#ifndef MCUP_QUADS_DSP_H
#define MCUP_QUADS_DSP_H

#include "mcup_bytes.h"
#include "mcuprune.h"

/* Bytes 1 and 3 as halves.  No intrinsic has the rotation that the instruction does on its way. */
static inline uint32_t mcup_odd_bytes(uint32_t word)
{
    uint32_t odd;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(odd) : "r"(word));
    return odd;
}

/* Y of four inputs */
static inline uint32_t mcup_quad_y(uint32_t word)
{
    return word ^ 0x007F007F;
}

/* X that goes with a Y */
static inline uint32_t mcup_quad_x(uint32_t y)
{
    return 0x00FF00FF & ~y;
}

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

/* A column becomes a Y for every quad of it.  What follows meets weights of zero, and may be anything. */
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
