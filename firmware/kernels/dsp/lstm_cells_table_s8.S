/* The units of lstm_cells_table_s8.c, one after the other.
 *
 *     r0  gates         r3  lines    r5  enter      r8-r10  a function's argument, and what it needs
 *     r1  constants     r4  rest     r6  forget     r11     32767, one
 *     r2  2 * units     lr  output   r7  leave      r12     cells
 */
    .syntax unified
    .thumb

/* The constants: struct constants in C */
    .equ    AT_LINE, 0                  /* and rest */
    .equ    AT_TWICE_UNITS, 8
    .equ    AT_CELL_HALF, 12            /* and cell_shift */
    .equ    AT_LEAST, 20                /* and most */
    .equ    AT_TANH_SHIFT, 28
    .equ    AT_MULTIPLIER, 32           /* and half */
    .equ    AT_SHIFT, 40                /* and zero_point */
    .equ    AT_END, 48

    .equ    BEYOND, 0x6d00              /* 65535 - MCUP_SIGMOID_LAST */

/* h(r8) into r9, without touching the flags; \narrow: r8 is at most 2^15, where slopes are 0 */
    .macro  H narrow
    lsr     r9, r8, #8
    ldr     r9, [r3, r9, lsl #2]
    add     r10, r8, r8, lsl #1
    .if     \narrow
    smlabb  r8, r9, r8, r9
    .else
    uxth    r11, r9
    mla     r8, r11, r8, r9
    .endif
    lsr     r9, r10, #3
    ldrh    r9, [r4, r9]
    and     r10, r10, #7
    lsr     r9, r9, r10
    and     r9, r9, #7
    add     r9, r9, r8, lsr #15
    .endm

/* The logistic function of r8 */
    .macro  LOGISTIC to
    cmp     r8, #0
    it      mi
    rsbmi   r8, r8, #0
    H       1
    ite     pl
    lslpl   \to, r9, #1
    submi   \to, r11, r9, lsl #1
    .endm

/* tanh into r9, from twice and more of its argument's magnitude in r8, at most 65535, and its sign in
 * the flags */
    .macro  TANH
    mov     r9, #BEYOND
    uqadd16 r8, r8, r9
    sub     r8, r8, #BEYOND
    H       0
    sub     r9, r9, #(1 << 13)
    usat    r9, #15, r9, lsl #2
    it      mi
    rsbmi   r9, r9, #0
    .endm

/* void mcup_lstm_cells_table_units(const int16_t *gates, int16_t *cells, int8_t *output,
 *                                  const struct constants *constants) */
    .section .text.mcup_lstm_cells_table_units, "ax", %progbits
    .balign 4
    .global mcup_lstm_cells_table_units
    .thumb_func
    .type   mcup_lstm_cells_table_units, %function
mcup_lstm_cells_table_units:
    push    {r4-r11, lr}
    mov     r12, r1
    mov     lr, r2
    mov     r1, r3
    ldr     r2, [r1, #AT_TWICE_UNITS]
    ldrd    r3, r4, [r1, #AT_LINE]

1:  movw    r11, #32767
    ldrsh   r8, [r0, r2]
    LOGISTIC r6
    ldrsh   r8, [r0, r2, lsl #1]
    LOGISTIC r7
    ldrsh   r8, [r0]
    LOGISTIC r5
    add     r8, r0, r2, lsl #1
    ldrsh   r8, [r8, r2]
    add     r0, r0, #2
    cmp     r8, #0
    it      mi
    rsbmi   r8, r8, #0
    usat    r8, #16, r8, lsl #1
    TANH

    ldrsh   r8, [r12]
    mul     r5, r5, r9
    mul     r6, r6, r8
    ldrd    r8, r9, [r1, #AT_CELL_HALF]
    add     r6, r6, r6, asr #31
    add     r6, r6, #(1 << 14)
    add     r5, r5, r5, asr #31
    add     r5, r5, r8
    asr     r5, r5, r9
    ldrd    r8, r9, [r1, #AT_LEAST]
    add     r5, r5, r6, asr #15
    cmp     r5, r8
    it      lt
    movlt   r5, r8
    cmp     r5, r9
    it      gt
    movgt   r5, r9
    strh    r5, [r12], #2

    ldr     r9, [r1, #AT_TANH_SHIFT]
    cmp     r9, #0
    blt     3f
    movs    r8, r5
    it      mi
    rsbmi   r8, r8, #0
    lsl     r8, r8, r9
    usat    r8, #16, r8
    TANH

2:  mul     r7, r7, r9
    ldrd    r8, r9, [r1, #AT_MULTIPLIER]
    lsl     r7, r7, #1
    add     r9, r9, r7, asr #31
    smmlar  r7, r7, r8, r9
    ldrd    r8, r9, [r1, #AT_SHIFT]
    asr     r7, r7, r8
    ldr     r8, [r1, #AT_END]
    add     r7, r7, r9
    ssat    r7, #8, r7
    strb    r7, [lr], #1
    cmp     lr, r8
    bne     1b
    pop     {r4-r11, pc}

3:  /* tanh in C */
    push    {r0-r3, r12, lr}
    mov     r0, r5
    add     r1, r9, #2
    bl      mcup_lstm_tanh
    mov     r9, r0
    pop     {r0-r3, r12, lr}
    b       2b
    .size   mcup_lstm_cells_table_units, . - mcup_lstm_cells_table_units
