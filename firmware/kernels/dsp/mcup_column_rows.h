/* All rows of a sparse matrix times one column: the loop of the sparse fully connected layers on
 * Cortex-M4, M7 and M33, written once for every format of weights.  Assembly.
 *
 *     COLUMN_ROWS mcup_fully_connected_d8_rows, D8
 *
 * Weights come as a byte stream, pairs of entries.  The loop is unrolled eight times; a row
 * enters it so that the first turn takes what is over.  What the next pair needs of the stream is
 * loaded a pair ahead, so that up to four bytes behind the last row are read.
 *
 *     r0  column - 1: the first index of a row counts from -1
 *     r1  row        r3  behind the last row    r5  where in the column         r7  end of the row
 *     r2  stream     r4  sum                    r6  indices of the next pair    lr  output
 *
 * A sum is requantized as in mcup_group_rows.h. */
    .syntax unified
    .thumb

/* mcup_matrix_t */
    .equ    MATRIX_ROW, 0
    .equ    MATRIX_STREAM, 4
    .equ    MATRIX_ROWS, 8
    .equ    MATRIX_ZERO_POINT, 16
/* The frame */
    .equ    AT_MATRIX, 0
    .equ    AT_ROUNDING, 4
    .equ    FRAME, 12
/* mcup_row_t */
    .equ    ROW_SIZE, 12
    .equ    ROW_MULTIPLIER, 4
    .equ    ROW_SHIFT, 8
    .equ    ROW_BYTES, 10
    .equ    OTHER_SHIFTS, 0xf0          /* in the byte shift - 1: none of 0..15 */

/* D8: {delta, value}, twice: a word */
    .equ    AHEAD_D8, 4
    .macro  FIRST_D8
    ldr     r6, [r2, #-4]
    .endm

    .macro  PAIR_D8
    uxtab   r12, r5, r6
    uxtab   r5, r12, r6, ror #16
    sxtb16  r10, r6, ror #8             /* both values */
    ldrsb.w r9, [r12]
    ldrsb.w r11, [r5]
    ldr     r6, [r2], #4
    smlabb  r4, r10, r9, r4
    smlatb  r4, r10, r11, r4
    .endm

/* Pairs of a row mod 8 into r8, from its bytes in r7 */
    .macro  PAIRS_D8
    ubfx    r8, r7, #2, #3
    .endm

/* N4: {second delta << 4 | first delta, first value, second value} */
    .equ    AHEAD_N4, 3
    .macro  FIRST_N4
    ldrb    r6, [r2, #-3]
    .endm

    .macro  PAIR_N4
    and     r9, r6, #15
    add     r9, r5, r9
    add     r5, r9, r6, lsr #4
    ldrsb   r10, [r2, #-2]
    ldrsb   r12, [r2, #-1]
    ldrsb.w r9, [r9]
    ldrsb.w r11, [r5]
    ldrb    r6, [r2], #3
    mla     r4, r10, r9, r4
    mla     r4, r12, r11, r4
    .endm

    .macro  PAIRS_N4
    add     r8, r7, r7, lsl #1          /* 3 * 3 = 1 mod 8 */
    and     r8, r8, #7
    .endm

/* B4: {delta, four values}; what is called a pair is a block here */
    .equ    AHEAD_B4, 5
    .macro  FIRST_B4
    ldrb    r6, [r2, #-5]
    .endm

    .macro  PAIR_B4
    add     r5, r5, r6
    ldr     r12, [r2, #-4]
    ldr     r9, [r5]
    ldrb    r6, [r2], #5
    sxtb16  r10, r12
    sxtb16  r11, r9
    sxtb16  r12, r12, ror #8
    sxtb16  r9, r9, ror #8
    smlad   r4, r10, r11, r4
    smlad   r4, r12, r9, r4
    .endm

/* Blocks of a row mod 8 into r8, from its bytes in r7: 5 * 5 = 1 mod 8 */
    .macro  PAIRS_B4
    add     r8, r7, r7, lsl #2
    and     r8, r8, #7
    .endm

/* void name(const mcup_matrix_t *matrix, const int8_t *column, int8_t *output) */
    .macro  COLUMN_ROWS name, format
    .section .text.\name, "ax", %progbits
    .balign 4
    .global \name
    .thumb_func
    .type   \name, %function
\name:
    push    {r4-r11, lr}
    mov     lr, r2
    ldrsb   r5, [r0, #MATRIX_ZERO_POINT]
    ldrd    r6, r2, [r0, #MATRIX_ROW]   /* row, stream */
    ldr     r7, [r0, #MATRIX_ROWS]
    lsl     r5, r5, #1
    add     r5, r5, #1
    mov     r4, r0
    push    {r4-r6}                     /* the frame */
    mov     r8, #ROW_SIZE
    mla     r3, r7, r8, r6
    sub     r0, r1, #1
    mov     r1, r6
    add     r2, r2, #AHEAD_\format

1:  /* a row */
    ldrh    r7, [r1, #ROW_BYTES]
    ldr     r4, [r1]                    /* bias */
    FIRST_\format
    PAIRS_\format
    add     r7, r7, r2
    mov     r5, r0
    tbb     [pc, r8]
10: .byte   (19f - 10b) / 2, (18f - 10b) / 2, (17f - 10b) / 2, (16f - 10b) / 2
    .byte   (15f - 10b) / 2, (14f - 10b) / 2, (13f - 10b) / 2, (12f - 10b) / 2
11: PAIR_\format
12: PAIR_\format
13: PAIR_\format
14: PAIR_\format
15: PAIR_\format
16: PAIR_\format
17: PAIR_\format
18: PAIR_\format
19: cmp     r2, r7
    bne     11b

    ldr     r8, [r1, #ROW_MULTIPLIER]
    ldrb    r10, [r1, #ROW_SHIFT]
    ldr     r9, [sp, #AT_ROUNDING]
    add     r1, r1, #ROW_SIZE
    sub     r10, r10, #1
    tst     r10, #OTHER_SHIFTS
    bne     3f
    qadd    r4, r4, r4
    lsl     r9, r9, r10
    add     r9, r9, r4, asr #31
    smmlar  r4, r4, r8, r9
    asr     r4, r4, r10
    ssat    r4, #8, r4, asr #1
2:  strb    r4, [lr], #1
    cmp     r1, r3
    bne     1b
    add     sp, sp, #FRAME
    pop     {r4-r11, pc}

3:  /* a shift for C: finish(matrix, row, sum) */
    push    {r0-r4, lr}
    ldr     r0, [sp, #(24 + AT_MATRIX)]
    sub     r1, r1, #ROW_SIZE
    mov     r2, r4
    bl      mcup_column_finish
    str     r0, [sp, #16]
    pop     {r0-r4, lr}
    b       2b
    .size   \name, . - \name
    .endm
