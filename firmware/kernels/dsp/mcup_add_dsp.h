/* An element of ADD or SUB with the DSP extension: SMMLAR is a product, its rounding and a sum.
 * The loop, and the registers, are those of mcup_add_asm.h. */
#include "mcup_add_asm.h"

    .syntax unified
    .thumb
    .text

    .macro ELEMENT both_halved, take_a, take_b
    ldrsb   r11, [r0], #1
    ldrsb   r12, [r1], #1
    \take_a r11, r3, r11, lsl #20
    .if \both_halved
    \take_b r11, r11, r12, lsl #20
    .else
    add     r12, r4, r12, lsl #21
    add     lr, r5, r12, asr #31
    smmlar  r12, r12, r6, lr
    asr     r12, r12, r7
    \take_b r11, r11, r12, lsl #1
    .endif
    add     lr, r9, r11, asr #31
    smmlar  r11, r11, r10, lr
    asr     r11, r11, r8
    ssat    r11, #8, r11
    strb    r11, [r2], #1
    .endm
