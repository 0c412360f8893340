/* Four pixels times all rows of a dense matrix, two rows at a time: what such kernels share.  The
 * arithmetic is in mcup_quads_dsp.h, the loop over words of weights in the kernel.  Assembly.
 *
 * A word of weights is loaded for four pixels, a word of inputs for two rows: a quad takes 28
 * instructions for 32 products.
 *
 *     r0-r3   accumulators of row a, pixel by pixel     r8, r9    Ha and Hb, then La and Lb
 *     r4-r7   the same of row b                         r10, lr   X or Y of two pixels
 *     r11     weights, {Ha, Hb} a quad                  r12       columns, {Y, X} a quad; the row
 *
 *     void kernel(columns, row, output, weights, columns_end, row_end, step, rounding, ...)
 *
 * output + step is the next pixel's; rounding is twice the output's zero point, and one.
 */
        .syntax unified
        .thumb

        .equ    COLUMNS, 0              /* where arguments lie on the stack */
        .equ    ROW, 4
        .equ    OUTPUT, 8
        .equ    COLUMNS_END, 48
        .equ    ROW_END, 52
        .equ    STEP, 56
        .equ    ROUNDING, 60
        .equ    MORE, 64

/* mcup_quad_row_t: start, multiplier, (shift - 1) | channel << 16 */
        .equ    ROW_SIZE, 12

        .macro  function name
        .section .text.\name, "ax"
        .balign 4
        .global \name
        .type   \name, %function
        .thumb_func
\name:
        push    {r0-r2, r4-r11, lr}
        mov     r12, r1
        mov     r11, r3
        .endm

/* The next two rows: accumulators and columns.  r12 is the row. */
        .macro  start_rows
        ldr     r0, [r12]
        ldr     r4, [r12, #ROW_SIZE]
        ldr     r12, [sp, #COLUMNS]
        mov     r1, r0
        mov     r2, r0
        mov     r3, r0
        mov     r5, r4
        mov     r6, r4
        mov     r7, r4
        .endm

/* Pixels i and j, whose X or Y are in r10 and lr */
        .macro  products a_i, a_j, b_i, b_j
        smlad   \a_i, r10, r8, \a_i
        smlad   \b_i, r10, r9, \b_i
        smlad   \a_j, lr, r8, \a_j
        smlad   \b_j, lr, r9, \b_j
        .endm

/* A quad of four pixels: the first one's lies at \at from r12, the next one's \apart behind it, the
 * weights at \weights from r11.  The last quad of a loop lies at 0 and moves pointers on. */
        .macro  quad at, apart, weights, columns_step=0, weights_step=0
        ldr     r9, [r11, #\weights + 4]
        .if     \weights_step
        ldr     r8, [r11], #\weights_step
        .else
        ldr     r8, [r11, #\weights]
        .endif
        ldr     r10, [r12, #\at + 4]
        ldr     lr, [r12, #\at + \apart + 4]
        products r0, r1, r4, r5
        ldr     r10, [r12, #\at + 2 * \apart + 4]
        ldr     lr, [r12, #\at + 3 * \apart + 4]
        products r2, r3, r6, r7
        sxtb16  r8, r8
        sxtb16  r9, r9
        ldr     r10, [r12, #\at + 2 * \apart]
        ldr     lr, [r12, #\at + 3 * \apart]
        products r2, r3, r6, r7
        ldr     lr, [r12, #\at + \apart]
        .if     \columns_step
        ldr     r10, [r12], #\columns_step
        .else
        ldr     r10, [r12, #\at]
        .endif
        products r0, r1, r4, r5
        .endm

/* 256 times a sum becomes an output: TFLite's two roundings, the zero point, the clamp to int8.
 * The second rounds halves away from zero, hence minus one where the sum is negative.  Its shift is
 * what the lowest byte of r9 says and one more, which SSAT does. */
        .macro  finish acc
        asr     \acc, \acc, #7          /* twice the sum */
        add     lr, r10, \acc, asr #31
        smmlar  \acc, \acc, r8, lr
        asr     \acc, \acc, r9
        ssat    \acc, #8, \acc, asr #1
        .endm

/* The four pixels of row i of the two */
        .macro  finish_row i, p0, p1, p2, p3
        ldr     r10, [sp, #ROUNDING]
        ldrd    r8, r9, [r12, #ROW_SIZE * \i + 4]
        lsl     r10, r10, r9            /* (zero point + 1/2) << shift */
        finish  \p0
        finish  \p1
        finish  \p2
        finish  \p3
        .endm

/* Write both rows' outputs, and go on with the next two at \next, or return. */
        .macro  finish_rows next
        ldr     r12, [sp, #ROW]
        finish_row 0, r0, r1, r2, r3
        finish_row 1, r4, r5, r6, r7
        ldr     r8, [sp, #OUTPUT]
        ldr     r10, [sp, #STEP]
        ldr     lr, [sp, #ROW_END]
        add     r8, r8, r9, lsr #16     /* the channel of row b, that of row a is one less */
        bfi     r0, r4, #8, #8
        bfi     r1, r5, #8, #8
        strh    r0, [r8, #-1]!
        bfi     r2, r6, #8, #8
        strh    r1, [r8, r10]
        bfi     r3, r7, #8, #8
        strh    r2, [r8, r10, lsl #1]
        add     r8, r8, r10
        strh    r3, [r8, r10, lsl #1]
        add     r12, r12, #2 * ROW_SIZE
        str     r12, [sp, #ROW]
        cmp     r12, lr
        bne     \next
        add     sp, sp, #12
        pop     {r4-r11, pc}
        .endm

        .macro  end name
        .size   \name, . - \name
        .endm

/* Windows that lie `pitch` bytes from plane to plane: what ends a plane. */
        .equ    PITCH, MORE
        .equ    STRIDE, MORE + 4

        .macro  next_plane name
        ldr     r10, [sp, #PITCH]
        ldr     lr, [sp, #COLUMNS_END]
        add     r12, r12, r10
        cmp     r12, lr
        bne     \name
        .endm

/* A mcup_four_windows_t.  The kernel has a macro `plane name, apart`, which multiplies all planes
 * of pixels that are so many bytes apart; column: bytes of one. */
        .macro  windows name, column
        function \name
next_rows:
        start_rows
        ldr     lr, [sp, #STRIDE]
        cmp     lr, #1
        bne     stride_2
        plane   stride_1, \column
finish_both:
        finish_rows next_rows
        plane   stride_2, 2 * \column
        b       finish_both
        end     \name
        .endm
