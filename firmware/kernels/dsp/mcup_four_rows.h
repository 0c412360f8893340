/* All rows of a matrix in quads, four at a time, times one column; the arithmetic is in
 * mcup_quads_dsp.h.  Rows share every X and Y: a quad takes 18 instructions for 16 products, or 19
 * where the column is the inputs as they lie, and Y is made anew for every four rows.
 *
 *     FOUR_ROWS mcup_quads_four_rows, outputs=8, column=Y
 *
 *     r0   column, Y of a quad              r2-r5    accumulators      r8-r11   H of the rows, then L
 *     r1   weights, {H0 H1 H2 H3} a quad    r6, r7   X and Y           r12      0x00FF00FF
 *     lr   end of the column; the row
 *
 *     void name(column, column_end, row, weights, row_end, rounding, output)
 *     void name(column, column_end, row, weights, row_end, rounding, output, rest_end)    of INPUTS
 *
 * There is a multiple of four quads; rounding is twice the output's zero point, and one.  With 16 in
 * the place of 8 outputs are int16, and are added to.  Where rest_end is not the column's end, four
 * quads before rest_end are the column's last ones.
 */
        .syntax unified
        .thumb

        .equ    COLUMN, 0               /* column and its end */
        .equ    ROW, 8
        .equ    ROW_END, 48
        .equ    ROUNDING, 52            /* rounding and output */
        .equ    REST_END, 60

/* mcup_quad_row_t: start, multiplier, (shift - 1) | channel << 16 */
        .equ    ROW_SIZE, 12

/* What the words of a column are, from memory to Y. */
        .macro  Y word
        .endm

        .macro  INPUTS word
        eor     \word, \word, #0x007F007F
        .endm

/* The last of the four quads that follow in memory; it moves the pointers on behind the first. */
        .macro  quad column, at, column_step=0, weights_step=0
        .if     \column_step
        ldr     r7, [r0], #\column_step
        .else
        ldr     r7, [r0, #4 * \at]
        .endif
        ldr     r11, [r1, #16 * \at + 12]
        ldr     r10, [r1, #16 * \at + 8]
        ldr     r9, [r1, #16 * \at + 4]
        .if     \weights_step
        ldr     r8, [r1], #\weights_step
        .else
        ldr     r8, [r1, #16 * \at]
        .endif
        \column r7
        bic     r6, r12, r7
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
        .macro  finish acc, i, outputs
        ldrd    r6, r7, [lr, #ROW_SIZE * \i + 4]
        asr     \acc, \acc, #7          /* twice the sum */
        lsl     r8, r10, r7             /* (zero point + 1/2) << shift */
        add     r8, r8, \acc, asr #31
        smmlar  \acc, \acc, r6, r8
        asr     \acc, \acc, r7
        lsr     r7, r7, #16
        .if     \outputs == 8
        ssat    \acc, #8, \acc, asr #1
        strb    \acc, [r11, r7]
        .else
        ldrsh   r8, [r11, r7, lsl #1]
        add     \acc, r8, \acc, asr #1
        ssat    \acc, #16, \acc
        strh    \acc, [r11, r7, lsl #1]
        .endif
        .endm

        .macro  FOUR_ROWS name, outputs, column
        .section .text.\name, "ax"
        .balign 4
        .global \name
        .type   \name, %function
        .thumb_func
\name:
        push    {r0-r2, r4-r11, lr}
        mov     lr, r2
        mov     r1, r3
        mov     r12, #0x00FF00FF
1:
        ldr     r2, [lr]
        ldr     r3, [lr, #ROW_SIZE]
        ldr     r4, [lr, #2 * ROW_SIZE]
        ldr     r5, [lr, #3 * ROW_SIZE]
        ldrd    r0, lr, [sp, #COLUMN]
2:
        quad    \column, 3
        quad    \column, 2
        quad    \column, 1
        quad    \column, 0, 16, 64
        cmp     r0, lr
        bne     2b

        .ifc    \column, INPUTS
        ldr     lr, [sp, #REST_END]
        cmp     r0, lr
        itt     ne
        subne   r0, lr, #16
        bne     2b
        .endif

        ldrd    r10, r11, [sp, #ROUNDING]
        ldr     lr, [sp, #ROW]
        finish  r2, 0, \outputs
        finish  r3, 1, \outputs
        finish  r4, 2, \outputs
        finish  r5, 3, \outputs
        ldr     r6, [sp, #ROW_END]
        add     lr, lr, #4 * ROW_SIZE
        str     lr, [sp, #ROW]
        cmp     lr, r6
        bne     1b
        add     sp, sp, #12
        pop     {r4-r11, pc}
        .size   \name, . - \name
        .endm
