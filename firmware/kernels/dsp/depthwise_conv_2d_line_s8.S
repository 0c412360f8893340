/* Depthwise convolution along a line, three taps, stride 1.
 *
 * An input completes an output with tap 2, is the middle of the next one with tap 1, and starts the
 * one after it with tap 0: three multiplications, each from one sum into another, so that nothing
 * rotates.  Input and output have the same step, and so one place.
 *
 *     r0 r1    input, output less two steps     r7       bias
 *     r2 r3    place, step                      r8       multiplier
 *     r4       the sum that has tap 0           r9       rounding term
 *     r11      the sum that has taps 0 and 1    r10      steps to go
 *     r5       taps 0 and 1                     r12      an input
 *     r6       shift, tap 2                     lr       the sum that is complete
 *
 * Sums are doubled; they are requantized as in mcup_depthwise_3x3_dsp.h. */
    .syntax unified
    .thumb
    .text

/* mcup_line_sums_t, behind what the registers hold */
    .equ    SHIFT, 40                   /* and tap 2 */
    .equ    MARGIN, 48                  /* and what is behind */

/* lr -> the output at the place */
    .macro  STORE
    add     r12, r9, lr, asr #31
    smmlar  lr, lr, r8, r12
    asr     lr, lr, r6
    ssat    lr, #8, lr
    strb.w  lr, [r1, r2]
    .endm

    .macro  STEP
    ldrsb.w r12, [r0, r2]
    add.w   r2, r2, r3
    smlabt  lr, r12, r6, r11
    smlabt  r11, r12, r5, r4
    smlabb  r4, r12, r5, r7
    STORE
    .endm

    .balign 4
    .global mcup_depthwise_line_sums
    .thumb_func
    .type   mcup_depthwise_line_sums, %function
mcup_depthwise_line_sums:
    push    {r0, r4-r11, lr}
    ldrd    r11, r12, [r0, #SHIFT]
    ldm     r0, {r0, r1, r3-r10}
    pkhbt   r5, r5, r6, lsl #16
    pkhbt   r6, r11, r12, lsl #16
    ldrsb   r12, [r0]
    mov     r2, r3
    smlabt  r11, r12, r5, r4
    smlabb  r4, r12, r5, r7
    rsbs    r12, r10, #0
    beq     2f
    and     r12, r12, #3                /* steps that the first turn leaves out */
    tbb     [pc, r12]
10: .byte   (11f - 10b) / 2, (12f - 10b) / 2, (13f - 10b) / 2, (14f - 10b) / 2
11: STEP
12: STEP
13: STEP
14: STEP
    subs    r10, r10, #4
    bgt     11b
2:  pop     {r0}
    ldrd    r10, r12, [r0, #MARGIN]
    add     lr, r11, r12
    cmp     r10, #0
    beq     3f
    add     r2, r2, r3
    STORE
3:  pop     {r4-r11, pc}
    .size   mcup_depthwise_line_sums, . - mcup_depthwise_line_sums
