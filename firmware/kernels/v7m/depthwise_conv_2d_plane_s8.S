/* Depthwise convolution of any shape: each weight is multiplied by four places.
 * The loops, and the registers, are those of mcup_plane_asm.h. */
#include "mcup_plane_asm.h"

    .syntax unified
    .thumb
    .text

    .macro TAP_OF_FOUR
    ldrsb   r6, [r5], #1
    ldrsb   r7, [r4, r11]
    ldrsb   r8, [r4, r11, lsl #1]
    ldrsb   r9, [r4, r12]
    ldrsb   r10, [r4], #1
    mla     r1, r6, r7, r1
    mla     r2, r6, r8, r2
    mla     r3, r6, r9, r3
    mla     r0, r6, r10, r0
    .endm

/* The sum is doubled: then the high word of the product is the answer, and the carry out of the low
 * one rounds it. */
    .macro STORE sum
    lsl     \sum, \sum, #1
    smull   r10, lr, \sum, r4
    add     \sum, r5, \sum, asr #31
    lsls    r10, r10, #1
    adc     \sum, \sum, lr
    asr     \sum, \sum, r6
    ssat    \sum, #8, \sum
    strb    \sum, [r7]
    add     r7, r7, r8
    .endm

    SWEEP_CHANNEL mcup_sweep_bytes
