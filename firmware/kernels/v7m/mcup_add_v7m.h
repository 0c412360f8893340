/* An element of ADD or SUB for ARMv7-M: the product is a long one, and the carry out of its low word
 * rounds it.  The loop, and the registers, are those of mcup_add_asm.h. */
#include "mcup_add_asm.h"

    .syntax unified
    .thumb
    .text

/* x -> round(x * multiplier / 2^32) + constant + (x >> 31), shifted */
    .macro SCALE x, multiplier, round, shift
    smull   r11, lr, \x, \multiplier
    add     \x, \round, \x, asr #31
    lsls    r11, r11, #1                /* the carry rounds */
    adc     \x, \x, lr
    asr     \x, \x, \shift
    .endm

    .macro ELEMENT both_halved, take_a, take_b
    ldrsb   r12, [r1], #1
    .if \both_halved
    ldrsb   r11, [r0], #1
    \take_b r12, r3, r12, lsl #20
    \take_a r12, r12, r11, lsl #20
    .else
    add     r12, r4, r12, lsl #21
    SCALE   r12, r6, r5, r7
    ldrsb   r11, [r0], #1
    \take_a r11, r3, r11, lsl #20
    \take_b r12, r11, r12, lsl #1
    .endif
    SCALE   r12, r10, r9, r8
    ssat    r12, #8, r12
    strb    r12, [r2], #1
    .endm
