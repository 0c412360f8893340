/* All rows of a matrix in quads, four at a time, times one column in quads; the arithmetic is in
 * mcup_quads_dsp.h.  Rows share every X and Y: a quad takes 18 instructions for 16 products.
 *
 *     FOUR_ROWS mcup_quads_four_rows, 8
 *
 *     r0   column, {Y, X} a quad            r2-r5    accumulators      r8-r11   H of the rows, then L
 *     r1   weights, {H0 H1 H2 H3} a quad    r6, r7   X and Y           r12      row
 *     lr   end of the column
 *
 *     void name(column, row, output, weights, column_end, row_end, rounding)
 *
 * There is a multiple of four quads; rounding is twice the output's zero point, and one.  With 16 in
 * the place of 8 outputs are int16, and are added to.
 */
        .syntax unified
        .thumb

        .equ    COLUMN, 0
        .equ    OUTPUT, 8
        .equ    COLUMN_END, 48
        .equ    ROW_END, 52
        .equ    ROUNDING, 56

/* mcup_quad_row_t: start, multiplier, (shift - 1) | channel << 16 */
        .equ    ROW_SIZE, 12

/* The last of the four quads that follow in memory; it moves the pointers on behind the first. */
        .macro  quad at, column_step=0, weights_step=0
        ldr     r6, [r0, #8 * \at + 4]
        .if     \column_step
        ldr     r7, [r0], #\column_step
        .else
        ldr     r7, [r0, #8 * \at]
        .endif
        ldr     r11, [r1, #16 * \at + 12]
        ldr     r10, [r1, #16 * \at + 8]
        ldr     r9, [r1, #16 * \at + 4]
        .if     \weights_step
        ldr     r8, [r1], #\weights_step
        .else
        ldr     r8, [r1, #16 * \at]
        .endif
        smlad   r2, r6, r8, r2
        sxtb16  r8, r8
        smlad   r3, r6, r9, r3
        sxtb16  r9, r9
        smlad   r4, r6, r10, r4
        sxtb16  r10, r10
        smlad   r5, r6, r11, r5
        sxtb16  r11, r11
        smlad   r2, r7, r8, r2
        smlad   r3, r7, r9, r3
        smlad   r4, r7, r10, r4
        smlad   r5, r7, r11, r5
        .endm

/* 256 times the sum of row i becomes its output: TFLite's two roundings, the zero point, the clamp
 * to bits.  The second rounds halves away from zero, hence minus one where the sum is negative.  Its
 * shift is what the lowest byte of r7 says and one more, which SSAT does. */
        .macro  finish acc, i, bits
        ldrd    r6, r7, [r12, #ROW_SIZE * \i + 4]
        asr     \acc, \acc, #7          /* twice the sum */
        lsl     r8, r10, r7             /* (zero point + 1/2) << shift */
        add     r8, r8, \acc, asr #31
        smmlar  \acc, \acc, r6, r8
        asr     \acc, \acc, r7
        lsr     r7, r7, #16
        .if     \bits == 8
        ssat    \acc, #8, \acc, asr #1
        strb    \acc, [r11, r7]
        .else
        ldrsh   r8, [r11, r7, lsl #1]
        add     \acc, r8, \acc, asr #1
        ssat    \acc, #16, \acc
        strh    \acc, [r11, r7, lsl #1]
        .endif
        .endm

        .macro  FOUR_ROWS name, bits
        .section .text.\name, "ax"
        .balign 4
        .global \name
        .type   \name, %function
        .thumb_func
\name:
        push    {r0-r2, r4-r11, lr}
        mov     r12, r1
        mov     r1, r3
1:
        ldr     r2, [r12]
        ldr     r3, [r12, #ROW_SIZE]
        ldr     r4, [r12, #2 * ROW_SIZE]
        ldr     r5, [r12, #3 * ROW_SIZE]
        ldr     r0, [sp, #COLUMN]
        ldr     lr, [sp, #COLUMN_END]
2:
        quad    3
        quad    2
        quad    1
        quad    0, 32, 64
        cmp     r0, lr
        bne     2b

        ldr     r10, [sp, #ROUNDING]
        ldr     r11, [sp, #OUTPUT]
        ldr     lr, [sp, #ROW_END]
        finish  r2, 0, \bits
        finish  r3, 1, \bits
        finish  r4, 2, \bits
        finish  r5, 3, \bits
        add     r12, r12, #4 * ROW_SIZE
        cmp     r12, lr
        bne     1b
        add     sp, sp, #12
        pop     {r4-r11, pc}
        .size   \name, . - \name
        .endm
