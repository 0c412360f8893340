/* Columns in quads, for SMLAD.  Four inputs become two words of halves, which fit 16 bits exactly:
 *
 *     X = (x1 - 127, x3 - 127)        Y = (256 x0 - (x1 - 127), 256 x2 - (x3 - 127))
 *
 * and meet the weights H = (256 w1 + w0, 256 w3 + w2) and L = SXTB16(H) = (w0, w2) in
 *
 *     SMLAD(X, H) + SMLAD(Y, L) = 256 (w0 x0 + w1 (x1 - 127) + w2 x2 + w3 (x3 - 127)):
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

/* X of four inputs */
static inline uint32_t mcup_quad_odd(uint32_t word)
{
    return (uint32_t)__ssub16((int16x2_t)mcup_odd_bytes(word), 0x007F007F);
}

/* Y of four inputs */
static inline uint32_t mcup_quad_even(uint32_t word, uint32_t odd)
{
    return (uint32_t)__ssub16((int16x2_t)(__uxtb16(word) << 8), (int16x2_t)odd);
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
        const uint32_t first = mcup_load(from);
        const uint32_t second = mcup_load(from + apart);
        const uint32_t first_odd = mcup_quad_odd(first);
        const uint32_t second_odd = mcup_quad_odd(second);
        to[1] = first_odd; /* stores of one word each take less than those of two */
        to[step + 1] = second_odd;
        to[0] = mcup_quad_even(first, first_odd);
        to[step] = mcup_quad_even(second, second_odd);
    }
    if (quads > 0) {
        const uint32_t last = mcup_load(from);
        to[1] = mcup_quad_odd(last);
        to[0] = mcup_quad_even(last, to[1]);
        to += step;
    }
    return to;
}

__attribute__((weak)) uint32_t *mcup_quads_fill(int8_t value, uint32_t *to, int32_t step,
                                                int32_t quads)
{
    const uint32_t odd = (uint16_t)(value - 127) * 0x00010001u;
    const uint32_t even = (uint16_t)(256 * value - (value - 127)) * 0x00010001u;
    for (; quads > 0; quads--, to += step) {
        to[0] = even;
        to[1] = odd;
    }
    return to;
}

#endif
