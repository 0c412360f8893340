/* All rows of a sparse matrix times a group of eight or four output pixels: the loop of the sparse
 * convolutions on Cortex-M4, M7 and M33, written once for every format of weights.  Assembly.
 *
 * A weight is decoded once and multiplied by all pixels of the group.  They were packed in pairs
 * (mcup_group_pack.h):
 *
 *     buffer[k][j]    a word: input k of pixel j and of pixel j + half; half = 4 or 2 words per k
 *
 * Two ways to hold a pair, and to multiply it by a weight into two sums, r0 r1 and so on:
 *
 *     LONG    x[j] + x[j + half] * 2^23    one SMLAL into a sum of 64 bits, which splits at bit 23;
 *                                          exact for sum |w| <= 32767: 128 times that < 2^22
 *     WIDE    two halfwords                one SMLABB and one SMLATB, for rows of any weights
 *
 * Blocks of four weights need no pairs of pixels.  Four inputs of a pixel are two words of halves
 * that one SMLAD each multiplies and adds, for rows of any weights, too:
 *
 *     QUADS   buffer[k / 4][j]  x0 | x2 << 16 of pixel j, then of pixel j + half, and as far
 *                               behind them x1 | x3 << 16
 *
 * A file includes this header and writes, say,
 *
 *     GROUP_ROWS mcup_conv_2d_d8_rows8, D8, LONG, 8, 4
 *
 * Weights come as a byte stream, pairs of entries, or blocks.  The loop is unrolled, for eight
 * pairs with eight pixels, for four with four and for four blocks; a row enters it so that the
 * first turn takes what is over.  The index of the next entry is loaded one entry ahead, so that one byte behind the last
 * row is read.
 *
 *     r0-r7   sums: pixels 0 and half, 1 and half + 1, ...
 *     r8 r9   inputs          r11  where in the buffer         lr  index of the next entry
 *     r10     weight          r12  stream, behind that index
 *
 * With blocks r11 is the weights of the second words, and where in the buffer is lr.
 *
 * At the end of a row the sums are requantized as TFLite does it, with two roundings.  Doubled,
 * with the bias added, x * multiplier / 2^32 rounds as SRDHM.  The second rounding and the zero
 * point are a term that SMMLAR adds:
 *
 *     ((2 zero_point + 1) << (shift - 1)) - (x < 0)      for shifts of 1..16
 *
 * Saturated doubling keeps the sign of a sum that is too large for it: such a one saturates the
 * output, too.  Rows with other shifts are left to mcup_group_finish, in C.  The output is
 * saturated to int8. */
    .syntax unified
    .thumb

/* mcup_group_t */
    .equ    GROUP_STREAM, 28
/* The frame: the group, what it starts with, and where the row ends. */
    .equ    AT_GROUP, 0
    .equ    AT_BUFFER, 4
    .equ    AT_ROW, 8
    .equ    AT_LAST, 12
    .equ    AT_OUTPUT, 16
    .equ    AT_NEAR, 20
    .equ    AT_FAR, 24
    .equ    AT_ROUNDING, 28
    .equ    AT_STOP, 32
    .equ    FRAME, 36
/* mcup_row_t */
    .equ    ROW_BYTES, 10
    .equ    OTHER_SHIFTS, 0xf0          /* in the byte shift - 1: none of 0..15 */

/* --- pairs of pixels ------------------------------------------------------------------------ */

    .macro  MULTIPLY_LONG low, high, x
    smlal   \low, \high, \x, r10
    .endm

    .macro  SPLIT_LONG low, high
    lsrs    r8, \low, #23               /* carry: the sign of the low sum */
    adc     \high, r8, \high, lsl #9
    sbfx    \low, \low, #0, #23
    .endm

    .macro  MULTIPLY_WIDE low, high, x
    smlabb  \low, \x, r10, \low
    smlatb  \high, \x, r10, \high
    .endm

    .macro  SPLIT_WIDE low, high
    .endm

    .macro  SPLIT_QUADS low, high
    .endm

/* --- formats of weights --------------------------------------------------------------------- */

/* The weight in r10 times the pixels at r11; the next index is loaded among them, where it costs
 * one cycle. ahead: bytes to the index behind that one; 0: there is none to load. */
    .macro  MULTIPLY lanes, pixels, ahead
    ldr.w   r8, [r11]
    ldr.w   r9, [r11, #4]
    .if     \pixels == 8
    MULTIPLY_\lanes r0, r1, r8
    MULTIPLY_\lanes r2, r3, r9
    ldr.w   r8, [r11, #8]
    ldr.w   r9, [r11, #12]
    .endif
    .if     \ahead
    ldrb.w  lr, [r12], #\ahead
    .endif
    .if     \pixels == 8
    MULTIPLY_\lanes r4, r5, r8
    MULTIPLY_\lanes r6, r7, r9
    .else
    MULTIPLY_\lanes r0, r1, r8
    MULTIPLY_\lanes r2, r3, r9
    .endif
    .endm

/* D8: {delta, value}, twice.  step: log2 of the bytes that a delta of 1 moves on. */
    .equ    AHEAD_D8, 2
    .equ    UNROLLED_D8, 8              /* times at most */
    .macro  PAIRS_D8 pairs, bytes       /* of a row, mod 8 */
    ubfx    \pairs, \bytes, #2, #3
    .endm

    .macro  PAIR_D8 lanes, pixels, step
    .rept   2
    add.w   r11, r11, lr, lsl #\step
    ldrsb.w r10, [r12, #-1]
    MULTIPLY \lanes, \pixels, 2
    .endr
    .endm

/* N4: {second delta << 4 | first delta, first value, second value} */
    .equ    AHEAD_N4, 3
    .equ    UNROLLED_N4, 8
    .macro  PAIRS_N4 pairs, bytes
    add     \pairs, \bytes, \bytes, lsl #1
    and     \pairs, \pairs, #7          /* 3 * 3 = 1 mod 8 */
    .endm

    .macro  PAIR_N4 lanes, pixels, step
    and     r8, lr, #15
    add.w   r11, r11, r8, lsl #\step
    ldrsb.w r10, [r12, #-2]
    MULTIPLY \lanes, \pixels, 0
    and     r8, lr, #0xf0
    add.w   r11, r11, r8, lsr #(4 - \step)
    ldrsb.w r10, [r12, #-1]
    MULTIPLY \lanes, \pixels, 3
    .endm

/* B4: {delta, four values}; no delta is loaded ahead */
    .equ    AHEAD_B4, 0
    .equ    UNROLLED_B4, 4
    .macro  PAIRS_B4 pairs, bytes
    add     \pairs, \bytes, \bytes, lsl #2
    and     \pairs, \pairs, #7          /* 5 * 5 = 1 mod 8 */
    .endm

    .macro  PAIR_B4 lanes, pixels, step
    ldrb.w  r8, [r12], #5
    ldr.w   r10, [r12, #-4]
    add.w   lr, lr, r8, lsl #\step
    sxtb16.w r11, r10, ror #8
    sxtb16.w r10, r10
    .if     \pixels == 8
    TWO_WORDS r0, r2, 0, r10
    TWO_WORDS r4, r6, 8, r10
    TWO_WORDS r1, r3, 16, r10
    TWO_WORDS r5, r7, 24, r10
    TWO_WORDS r0, r2, 32, r11
    TWO_WORDS r4, r6, 40, r11
    TWO_WORDS r1, r3, 48, r11
    TWO_WORDS r5, r7, 56, r11
    .else
    ldr.w   r4, [lr]
    ldr.w   r5, [lr, #4]
    ldr.w   r6, [lr, #8]
    ldr.w   r7, [lr, #12]
    ldr.w   r8, [lr, #16]
    ldr.w   r9, [lr, #20]
    smlad   r0, r4, r10, r0
    smlad   r2, r5, r10, r2
    ldr.w   r4, [lr, #24]
    ldr.w   r5, [lr, #28]
    smlad   r1, r6, r10, r1
    smlad   r3, r7, r10, r3
    smlad   r0, r8, r11, r0
    smlad   r2, r9, r11, r2
    smlad   r1, r4, r11, r1
    smlad   r3, r5, r11, r3
    .endif
    .endm

    .macro  TWO_WORDS a, b, at, weights
    ldr.w   r8, [lr, #\at]
    ldr.w   r9, [lr, #(\at + 4)]
    smlad   \a, r8, \weights, \a
    smlad   \b, r9, \weights, \b
    .endm

/* --- outputs -------------------------------------------------------------------------------- */

/* r8: doubled bias, r9: multiplier, r10: shift - 1 in its low byte, r11: the rounding term; lr is
 * free.  What is left is a shift by 1 and saturation. */
    .macro  REQUANTIZE sums:vararg
    .irp    sum, \sums
    qdadd   \sum, r8, \sum
    add     lr, r11, \sum, asr #31
    smmlar  \sum, \sum, r9, lr
    asr     \sum, \sum, r10
    .endr
    .endm

    .macro  SATURATE sums:vararg
    .irp    sum, \sums
    ssat    \sum, #8, \sum, asr #1
    .endr
    .endm

/* --- the kernel ----------------------------------------------------------------------------- */

/* void name(const mcup_group_t *group) */
    .macro  GROUP_ROWS name, format, lanes, pixels, step
    .section .text.\name, "ax", %progbits
    .balign 4
    .global \name
    .thumb_func
    .type   \name, %function
\name:
    push    {r4-r11, lr}
    ldr     r12, [r0, #GROUP_STREAM]
    ldm     r0, {r1-r7}                 /* buffer, row, last, output, near, far, rounding */
    mov     r11, r2
    push    {r0-r8}                     /* the frame */
    add     r12, r12, #AHEAD_\format

1:  /* a row: r11 */
    ldrh    r0, [r11, #ROW_BYTES]
    .if     AHEAD_\format
    ldrb    lr, [r12, #-AHEAD_\format]
    ldr     r11, [sp, #AT_BUFFER]
    .else
    ldr     lr, [sp, #AT_BUFFER]
    .endif
    PAIRS_\format r8, r0
    add     r0, r0, r12
    str     r0, [sp, #AT_STOP]
    .irp    sum, r0, r1, r2, r3
    movs    \sum, #0
    .endr
    .if     \pixels == 8
    .irp    sum, r4, r5, r6, r7
    movs    \sum, #0
    .endr
    .endif
    .if     \pixels == 8 && UNROLLED_\format == 8
    tbh     [pc, r8, lsl #1]
10: .hword  (19f - 10b) / 2, (18f - 10b) / 2, (17f - 10b) / 2, (16f - 10b) / 2
    .hword  (15f - 10b) / 2, (14f - 10b) / 2, (13f - 10b) / 2, (12f - 10b) / 2
11: PAIR_\format \lanes, \pixels, \step
12: PAIR_\format \lanes, \pixels, \step
13: PAIR_\format \lanes, \pixels, \step
14: PAIR_\format \lanes, \pixels, \step
    .else
    and     r8, r8, #3
    tbh     [pc, r8, lsl #1]
10: .hword  (19f - 10b) / 2, (18f - 10b) / 2, (17f - 10b) / 2, (16f - 10b) / 2
11:
    .endif
15: PAIR_\format \lanes, \pixels, \step
16: PAIR_\format \lanes, \pixels, \step
17: PAIR_\format \lanes, \pixels, \step
18: PAIR_\format \lanes, \pixels, \step
19: ldr     r8, [sp, #AT_STOP]
    cmp     r12, r8
    bne     11b

    ldr     r11, [sp, #AT_ROW]
    ldr     lr, [sp, #AT_ROUNDING]
    SPLIT_\lanes r0, r1
    SPLIT_\lanes r2, r3
    .if     \pixels == 8
    SPLIT_\lanes r4, r5
    SPLIT_\lanes r6, r7
    .endif
    ldm     r11!, {r8-r10}              /* bias, multiplier, shift in the low byte; next row */
    str     r11, [sp, #AT_ROW]
    sub     r10, r10, #1
    tst     r10, #OTHER_SHIFTS
    bne     3f
    lsl     r11, lr, r10
    qadd    r8, r8, r8
    REQUANTIZE r0, r1, r2, r3
    .if     \pixels == 8
    REQUANTIZE r4, r5, r6, r7
    .endif
    ldr     r10, [sp, #AT_OUTPUT]
    ldr     r8, [sp, #AT_NEAR]
    ldr     r9, [sp, #AT_FAR]
    ldr     r11, [sp, #AT_ROW]
    ldr     lr, [sp, #AT_LAST]
    SATURATE r0, r1, r2, r3
    add     r9, r9, r10
    .if     \pixels == 8
    SATURATE r4, r5, r6, r7
    strb    r0, [r10]
    strb    r2, [r10, r8]
    strb    r4, [r10, r8, lsl #1]
    strb    r1, [r9]
    strb    r3, [r9, r8]
    strb    r5, [r9, r8, lsl #1]
    add     r0, r10, r8
    add     r9, r9, r8
    strb    r6, [r0, r8, lsl #1]
    strb    r7, [r9, r8, lsl #1]
    .else
    strb    r0, [r10]
    strb    r2, [r10, r8]
    strb    r1, [r9]
    strb    r3, [r9, r8]
    .endif
2:  add     r10, r10, #1
    str     r10, [sp, #AT_OUTPUT]
    cmp     r11, lr
    bne     1b
    add     sp, sp, #FRAME
    pop     {r4-r11, pc}

3:  /* a shift for C: mcup_group_finish(group, row, sums, output) */
    push    {r0-r7, r11, r12}
    ldr     r0, [sp, #(40 + AT_GROUP)]
    ldr     r1, [sp, #(40 + AT_ROW)]
    sub     r1, r1, #12
    mov     r2, sp
    ldr     r3, [sp, #(40 + AT_OUTPUT)]
    bl      mcup_group_finish
    pop     {r0-r7, r11, r12}
    ldr     r10, [sp, #AT_OUTPUT]
    ldr     r11, [sp, #AT_ROW]
    ldr     lr, [sp, #AT_LAST]
    b       2b
    .size   \name, . - \name
    .endm
