/* MUL of neighbours with the DSP extension: SMMLAR is a product, its rounding and a sum.
 * The loop, and the registers, are those of mcup_mul_asm.h. */
#include "mcup_mul_asm.h"

    .syntax unified
    .thumb
    .text

    .macro ELEMENT
    ldrsb   r9, [r0], #1
    ldrsb   r10, [r1], #1
    add     r9, r3, r9, lsl #1
    add     r10, r10, r4
    mul     r9, r9, r10
    add     r10, r5, r9, asr #31
    smmlar  r9, r9, r6, r10
    asr     r9, r9, r7
    ssat    r9, #8, r9
    strb    r9, [r2], #1
    .endm

    MUL_RUN
