/* Depthwise 3x3 with the DSP extension: what both strides have in common, in assembly.
 *
 * Sums are doubled, taps and all, so that SMMLAR does the first rounding, and a constant the second
 * one.  With e = shift > 0 and s = sum >> 31,
 *
 *     output = (round(2 * sum * multiplier / 2^32) + s + (zero point << e) + (1 << (e - 1))) >> e
 */
/* The stack frame: what belongs to a channel, then a copy of mcup_lines_t. */
    .equ    MULTIPLIER, 0           /* MULTIPLIER and ROUND are read together */
    .equ    ROUND, 4
    .equ    OUTPUT, 8
    .equ    END, 12
    .equ    COUNT, 16               /* lines to go */
    .equ    FRONT, 20               /* the bias, with the column in front of the image */
    .equ    BACK, 24                /* the column behind the image */
    .equ    RETURN, 28
    .equ    KEPT, 32                /* r3-r8 */
    .equ    LINES, 56

#include "mcup_depthwise_3x3.h"

/* Read a column at r0, go on to the next: lines 0 and 1 into the halves of `upper`, line 2 into
 * `lower`. */
    .macro COLUMN upper, lower, second
    ldrsb   \upper, [r0]
    ldrsb   \second, [r0, r1]
    ldrsb   \lower, [r0, r1, lsl #1]
    add     r0, r0, r2
    pkhbt   \upper, \upper, \second, lsl #16
    .endm

/* The same for taps, doubled. */
    .macro TAP_COLUMN upper, lower, second
    ldrsb   \upper, [r0]
    ldrsb   \second, [r0, r1]
    ldrsb   \lower, [r0, r1, lsl #1]
    add     r0, r0, r2
    lsl     \upper, \upper, #1
    pkhbt   \upper, \upper, \second, lsl #17
    .endm

/* void \name(const mcup_lines_t *): every channel. `lines` computes r10 output lines from the input
 * line at r0 on:
 *
 *     r3 r4 r5    taps of lines 0 and 1, a column each
 *     r6          taps of line 2, columns 0 and 1
 *     r7          shift, and the tap of line 2, column 2
 *     r8          bias; comes back in lr.  r3-r7 stay
 *
 * next: bytes from the first output of a channel, as OUTPUT has it, to that of the next. */
    .macro CHANNELS_3X3 name, lines, next
    .global \name
    .thumb_func
    .type   \name, %function
\name:
    push    {r4-r11, lr}
    sub     sp, #FRAME
    add     r12, sp, #LINES
    ldm     r0!, {r1-r11}
    stm     r12!, {r1-r11}
    ldm     r0, {r1-r11}
    stm     r12, {r1-r11}
10: ldr     r0, [sp, #TAPS]
    ldrd    r1, r2, [sp, #TAP_LINE]
    add     r12, r0, #9
    str     r12, [sp, #TAPS]
    TAP_COLUMN r3, r7, r12
    TAP_COLUMN r4, r8, r12
    TAP_COLUMN r5, r9, r12
    lsl     r6, r7, #1
    pkhbt   r6, r6, r8, lsl #17
    ldr     r0, [sp, #ROW]
    ldr     r10, [sp, #ZERO_TWICE]
    ldr     r2, [sp, #FIRST_OUTPUT]
    ldm     r0!, {r8, r11, r12}         /* bias, multiplier, shift with zeros above it */
    str     r0, [sp, #ROW]
    str     r2, [sp, #OUTPUT]
    .if \next
    add     r2, r2, #\next
    str     r2, [sp, #FIRST_OUTPUT]
    .endif
    pkhbt   r7, r12, r9, lsl #17
    lsl     r10, r10, r12
    asr     r12, r10, #1
    strd    r11, r12, [sp, #MULTIPLIER]
    lsl     r8, r8, #1
    ldr     r10, [sp, #ABOVE]
    ldr     r9, [sp, #ZERO_POINTS]
    ldr     r0, [sp, #INPUT]
    cmp     r10, #0
    beq     11f
    add     r11, sp, #KEPT              /* taps of lines 1 and 2, and zeros */
    stm     r11, {r3-r8}
    smlabb  r8, r3, r9, r8
    smlabb  r8, r4, r9, r8
    smlabb  r8, r5, r9, r8
    lsr     r3, r3, #16
    pkhbt   r3, r3, r6, lsl #16
    pkhtb   r4, r6, r4, asr #16
    pkhtb   r5, r7, r5, asr #16
    mov     r6, #0
    uxth    r7, r7
    bl      \lines
    add     r11, sp, #KEPT
    ldm     r11, {r3-r8}
    ldr     r0, [sp, #INPUT]
11: ldr     r10, [sp, #WITHIN]
    ldr     r11, [sp, #FIRST]
    mov     lr, r8
    cmp     r10, #0
    beq     12f
    add     r0, r0, r11
    bl      \lines
12: ldr     r10, [sp, #BELOW]
    ldr     r9, [sp, #ZERO_POINTS]
    ldr     r0, [sp, #INPUT]
    cmp     r10, #0
    beq     13f
    ldr     r11, [sp, #LAST]
    smlad   r8, r6, r9, lr              /* zeros, and taps of lines 0 and 1 */
    smlatb  r8, r7, r9, r8
    pkhtb   r6, r4, r3, asr #16
    pkhbt   r7, r7, r5
    lsl     r3, r3, #16
    lsl     r4, r4, #16
    lsl     r5, r5, #16
    add     r0, r0, r11
    bl      \lines
13: ldr     r0, [sp, #INPUT]
    ldr     r1, [sp, #CHANNELS]
    add     r0, r0, #1
    subs    r1, r1, #1
    str     r0, [sp, #INPUT]
    str     r1, [sp, #CHANNELS]
    bne     10b
    add     sp, #FRAME
    pop     {r4-r11, pc}
    .endm

/* The start of `lines`: constants of these taps. */
    .macro ENTER_LINES
    str     lr, [sp, #RETURN]
    str     r10, [sp, #COUNT]
    ldr     r9, [sp, #ZERO_POINTS]
    ldrd    r1, r2, [sp, #LINE_STEP]
    mov     lr, r8
    smlad   r8, r3, r9, r8
    smlabb  r8, r6, r9, r8
    smuad   r10, r5, r9
    smlatb  r10, r7, r9, r10
    strd    r8, r10, [sp, #FRONT]
    .endm

/* sum -> output, in place; x, y: registers to use */
    .macro REQUANTIZE sum, x, y
    ldrd    \x, \y, [sp, #MULTIPLIER]
    add     \y, \y, \sum, asr #31
    smmlar  \sum, \sum, \x, \y
    .endm
