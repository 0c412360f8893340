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

#include "mcuprune.h"

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

#endif
