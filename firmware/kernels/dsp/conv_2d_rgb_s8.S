/* Four windows side by side, three wide, three channels, in halves, times all rows:
 *
 *     columns   lines of halves, three a column, `pitch` bytes from one to the next
 *     weights   five pairs a line, the last half of them zero
 *
 * 14 instructions for 16 products, and none to make quads.
 */
#include "mcup_quads_asm.h"

        .macro  pair i, apart, weights_step=0
        ldr     r9, [r11, #8 * \i + 4]
        .if     \weights_step
        ldr     r8, [r11], #\weights_step
        .else
        ldr     r8, [r11, #8 * \i]
        .endif
        ldr     r10, [r12, #4 * \i]
        ldr     lr, [r12, #4 * \i + \apart]
        products r0, r1, r4, r5
        ldr     r10, [r12, #4 * \i + 2 * \apart]
        ldr     lr, [r12, #4 * \i + 3 * \apart]
        products r2, r3, r6, r7
        .endm

        .macro  plane name, apart
\name:
        pair    4, \apart
        pair    3, \apart
        pair    2, \apart
        pair    1, \apart
        pair    0, \apart, 40
        next_plane \name
        .endm

        windows mcup_rgb_four_windows, 6
