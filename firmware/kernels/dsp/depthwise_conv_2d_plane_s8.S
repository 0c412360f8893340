/* Depthwise convolution of any shape: each pair of weights is multiplied by four pairs of places,
 * SMLAD by SMLAD. The loops, and the registers, are those of mcup_plane_asm.h. */
#include "mcup_plane_asm.h"

    .syntax unified
    .thumb
    .text

    .macro TAP_OF_FOUR
    ldr     r6, [r5], #4
    ldr     r7, [r4, r11]
    ldr     r8, [r4, r11, lsl #1]
    ldr     r9, [r4, r12]
    ldr     r10, [r4], #4
    smlad   r1, r6, r7, r1
    smlad   r2, r6, r8, r2
    smlad   r3, r6, r9, r3
    smlad   r0, r6, r10, r0
    .endm

    .macro STORE sum
    add     r10, r5, \sum, asr #31
    smmlar  \sum, \sum, r4, r10
    asr     \sum, \sum, r6
    ssat    \sum, #8, \sum
    strb    \sum, [r7]
    add     r7, r7, r8
    .endm

    SWEEP_CHANNEL mcup_sweep_pairs
