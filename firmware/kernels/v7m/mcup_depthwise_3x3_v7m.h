/* Depthwise 3x3 for ARMv7-M: what both strides have in common, in assembly.
 *
 * Sums are doubled, taps and all, so that the high word of a long product is the answer but for its
 * rounding: the carry out of the low word does the first, and a constant the second one.  With e =
 * shift > 0 and s = sum >> 31,
 *
 *     output = (round(2 * sum * multiplier / 2^32) + s + (zero point << e) + (1 << (e - 1))) >> e
 */

/* The stack frame: what belongs to a channel, then a copy of mcup_lines_t. */
    .equ    MULTIPLIER, 0
    .equ    ROUND, 4
    .equ    SHIFT, 8
    .equ    OUTPUT, 12
    .equ    END, 16
    .equ    COUNT, 20               /* lines to go */
    .equ    FRONT, 24               /* the bias, with the column in front of the image */
    .equ    BACK, 28                /* the column behind the image */
    .equ    RETURN, 32
    .equ    BIAS, 36
    .equ    W, 40                   /* the nine taps in use, line after line */
    .equ    OF_ABOVE, 76            /* what the taps of line 0 make of the zero point */
    .equ    OF_BELOW, 80            /* line 2 */
    .equ    OWN_BIAS, 84
    .equ    TAP_LINES, 88           /* a line of zeros, the channel's three, a line of zeros */
    .equ    LINES, 148

#include "mcup_depthwise_3x3.h"

/* Read a column at r0, go on to the next. */
    .macro COLUMN
    ldrsb   r11, [r0]
    ldrsb   r12, [r0, r1]
    ldrsb   lr, [r0, r1, lsl #1]
    add     r0, r0, r2
    .endm

/* Multiply the column by a column of taps.  r6, r7: the last ones of columns 2 and 1 */
    .macro FINISH_COLUMN sum
    ldr     r3, [sp, #W + 8]
    ldr     r4, [sp, #W + 20]
    mla     \sum, r11, r3, \sum
    mla     \sum, r12, r4, \sum
    mla     \sum, lr, r6, \sum
    .endm

    .macro MIDDLE_COLUMN sum
    ldr     r3, [sp, #W + 4]
    ldr     r4, [sp, #W + 16]
    mla     \sum, r11, r3, \sum
    mla     \sum, r12, r4, \sum
    mla     \sum, lr, r7, \sum
    .endm

    .macro START_COLUMN sum
    ldr     \sum, [sp, #BIAS]
    ldr     r3, [sp, #W]
    ldr     r4, [sp, #W + 12]
    ldr     r5, [sp, #W + 24]
    mla     \sum, r11, r3, \sum
    mla     \sum, r12, r4, \sum
    mla     \sum, lr, r5, \sum
    .endm

/* sum -> output, in place; r3-r5, r11 and r12 are free */
    .macro REQUANTIZE sum
    ldr     r3, [sp, #MULTIPLIER]
    ldr     r4, [sp, #ROUND]
    ldr     r5, [sp, #SHIFT]
    smull   r11, r12, \sum, r3
    add     r4, r4, \sum, asr #31
    lsls    r11, r11, #1
    adc     \sum, r12, r4
    asr     \sum, \sum, r5
    ssat    \sum, #8, \sum
    .endm

/* Three taps of a line at r0, doubled; ends behind them. */
    .macro TAP_LINE_OF a, b, c
    ldrsb   \a, [r0]
    ldrsb   \b, [r0, r2]
    ldrsb   \c, [r0, r2, lsl #1]
    add     r0, r0, r1
    lsl     \a, \a, #1
    lsl     \b, \b, #1
    lsl     \c, \c, #1
    .endm

/* Take nine taps into use, from line \line of the five on, and call `lines`: r0 input, r12 bias,
 * `count` lines. */
    .macro SWEEP lines, line, count
    add     lr, sp, #TAP_LINES + 12 * \line
    str     r12, [sp, #BIAS]
    ldm     lr, {r3-r11}
    add     lr, sp, #W
    stm     lr, {r3-r11}
    ldr     r1, [sp, #ZERO_POINTS]
    add     r3, r3, r6
    add     r5, r5, r8
    add     r3, r3, r9
    add     r5, r5, r11
    sxth    r1, r1
    mla     r3, r3, r1, r12
    mul     r5, r5, r1
    mov     r6, r11                     /* r7, r10: w11, w21 */
    mov     r7, r10
    str     r3, [sp, #FRONT]
    str     r5, [sp, #BACK]
    ldr     r3, [sp, #\count]
    ldrd    r1, r2, [sp, #LINE_STEP]
    str     r3, [sp, #COUNT]
    bl      \lines
    .endm

/* void \name(const mcup_lines_t *): every channel.  `lines` computes COUNT output lines from the
 * input line at r0 on. next: bytes from the first output of a channel, as OUTPUT has it, to that of
 * the next. */
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
    mov     r3, #0
    mov     r4, #0
    mov     r5, #0
    add     r12, sp, #TAP_LINES
    stm     r12, {r3-r5}
    add     r12, sp, #TAP_LINES + 48
    stm     r12, {r3-r5}
10: ldr     r0, [sp, #TAPS]
    ldrd    r1, r2, [sp, #TAP_LINE]
    add     r12, r0, #9
    str     r12, [sp, #TAPS]
    TAP_LINE_OF r3, r4, r5
    TAP_LINE_OF r6, r7, r8
    TAP_LINE_OF r9, r10, r11
    add     r12, sp, #TAP_LINES + 12
    stm     r12, {r3-r11}
    ldr     r1, [sp, #ZERO_POINTS]
    add     r3, r3, r4
    add     r9, r9, r10
    add     r3, r3, r5
    add     r9, r9, r11
    sxth    r1, r1
    mul     r3, r3, r1
    mul     r9, r9, r1
    strd    r3, r9, [sp, #OF_ABOVE]
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
    lsl     r10, r10, r12
    asr     r10, r10, #1
    strd    r11, r10, [sp, #MULTIPLIER]
    str     r12, [sp, #SHIFT]
    lsl     r12, r8, #1
    str     r12, [sp, #OWN_BIAS]
    ldr     r10, [sp, #ABOVE]
    ldr     r0, [sp, #INPUT]
    cmp     r10, #0
    beq     11f
    add     r12, r12, r3
    SWEEP   \lines, 2, ABOVE
    ldr     r0, [sp, #INPUT]
    ldr     r12, [sp, #OWN_BIAS]
11: ldr     r10, [sp, #WITHIN]
    ldr     r11, [sp, #FIRST]
    cmp     r10, #0
    beq     12f
    add     r0, r0, r11
    SWEEP   \lines, 1, WITHIN
    ldr     r0, [sp, #INPUT]
    ldr     r12, [sp, #OWN_BIAS]
12: ldr     r10, [sp, #BELOW]
    ldr     r11, [sp, #LAST]
    ldr     r3, [sp, #OF_BELOW]
    cmp     r10, #0
    beq     13f
    add     r0, r0, r11
    add     r12, r12, r3
    SWEEP   \lines, 0, BELOW
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
