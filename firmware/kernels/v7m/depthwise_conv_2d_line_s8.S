/* Depthwise convolution along a line, three taps, stride 1.
 *
 * An input completes an output with tap 2, is the middle of the next one with tap 1, and starts the
 * one after it with tap 0: three multiplications, each from one sum into another, so that nothing
 * rotates.  Input and output have the same step, and so one place.
 *
 *     r0 r1      input, output less two steps     r8   bias
 *     r2 r3      place, step                      r10  shift, and steps to go less one << 8
 *     r4 r11     the sums that have tap 0, and taps 0 and 1
 *     r5 r6 r7   taps                             r12  an input
 *     r9         scratch                          lr   the sum that is complete
 *
 * Sums are doubled; with s = sum >> 31,
 *
 *     output = (round(2 * sum * multiplier / 2^32) + s + (zero point << e) + (1 << (e - 1))) >> e */
    .syntax unified
    .thumb
    .text

/* mcup_line_sums_t */
    .equ    SHIFT, 40                   /* and tap 2 */
    .equ    MARGIN, 48                  /* and what is behind */
/* The frame */
    .equ    MULTIPLIER, 0               /* and the rounding term */
    .equ    LINE, 8                     /* mcup_line_sums_t */
    .equ    FRAME, 12

/* lr -> the output at the place */
    .macro  STORE
    ldrd    r9, r12, [sp, #MULTIPLIER]
    add     r12, r12, lr, asr #31
    smull   r9, lr, lr, r9
    lsls.w  r9, r9, #1                  /* what is rounded off is in the carry */
    adc     lr, lr, r12
    asr     lr, lr, r10
    ssat    lr, #8, lr
    strb.w  lr, [r1, r2]
    .endm

    .macro  STEP
    ldrsb.w r12, [r0, r2]
    add.w   r2, r2, r3
    mla     lr, r12, r7, r11
    mla     r11, r12, r6, r4
    mla     r4, r12, r5, r8
    STORE
    .endm

    .balign 4
    .global mcup_depthwise_line_sums
    .thumb_func
    .type   mcup_depthwise_line_sums, %function
mcup_depthwise_line_sums:
    push    {r0, r4-r11, lr}
    ldrd    r10, r7, [r0, #SHIFT]
    ldm     r0, {r0, r1, r3-r6, r8, r9, r11, r12}
    push    {r9, r11}
    subs    r9, r12, #1
    add     r10, r10, r9, lsl #8
    ldrsb   r9, [r0]
    mov     r2, r3
    mla     r11, r9, r6, r4
    mla     r4, r9, r5, r8
    rsbs    r12, r12, #0
    beq     2f
    and     r12, r12, #3                /* steps that the first turn leaves out */
    tbb     [pc, r12]
10: .byte   (11f - 10b) / 2, (12f - 10b) / 2, (13f - 10b) / 2, (14f - 10b) / 2
11: STEP
12: STEP
13: STEP
14: STEP
    subs    r10, r10, #(4 << 8)
    bge     11b
2:  ldr     r12, [sp, #LINE]
    ldrd    r7, r12, [r12, #MARGIN]
    add     lr, r11, r12
    cmp     r7, #0
    beq     3f
    add     r2, r2, r3
    STORE
3:  add     sp, sp, #FRAME
    pop     {r4-r11, pc}
    .size   mcup_depthwise_line_sums, . - mcup_depthwise_line_sums
