/* Rows of a sparse matrix times one column, added to the gates of an LSTM, on Cortex-M4, M7 and M33.
 * Pairs are read as mcup_column_rows.h does, but rows have one multiplier and one shift to the right,
 * which stay in registers, and a row's entry is the number of its pairs: up to ten are unrolled; if
 * there are n more, it is 11 + (n - 1) mod 4.  What the last pair of a row loads ahead is what the
 * next row begins with.
 *
 *     GATE_ROWS mcup_lstm_d8_rows, D8
 *
 *     r0  column - 1    r3  shift - 1    r5  where in the column         r7  ten pairs before the
 *     r1  row           r4  sum          r6  indices of the next pair        end of a long row
 *     r2  stream        lr  gates        r8  multiplier
 *
 * A sum becomes what it is in mcup_group_rows.h, with a zero point of 0. */
#include "mcup_column_rows.h"

/* mcup_gate_row_t, of the size of mcup_row_t */
    .equ    GATE_ROW_GATE, 4
    .equ    GATE_ROW_BYTES, 6
    .equ    GATE_ROW_ENTRY, 8
    .equ    AT_GATES, 44                /* behind the frame, {rounding, behind the last row}, and registers; */
    .equ    AT_MULTIPLIER, 48           /* and shift */

/* mcup_gate_rows_t: returns where the stream goes on; there is a row at least. */
    .macro  GATE_ROWS name, format
    .section .text.\name, "ax", %progbits
    .balign 4
    .global \name
    .thumb_func
    .type   \name, %function
\name:
    push    {r4-r11, lr}
    mov     r5, r2
    add     r2, r3, #AHEAD_\format
    ldrd    r8, r3, [sp, #(AT_MULTIPLIER - 8)]
    sub     r3, r3, #1
    mov     r4, #1
    lsl     r4, r4, r3
    push    {r4, r5}
    ldr     lr, [sp, #AT_GATES]
    sub     r0, r0, #1
    FIRST_\format

1:  /* a row */
    ldr     r4, [r1], #ROW_SIZE         /* bias */
    ldrb    r9, [r1, #(GATE_ROW_ENTRY - ROW_SIZE)]
    mov     r5, r0
    tbb     [pc, r9]
10: .byte   (30f - 10b) / 2, (29f - 10b) / 2, (28f - 10b) / 2, (27f - 10b) / 2
    .byte   (26f - 10b) / 2, (25f - 10b) / 2, (24f - 10b) / 2, (23f - 10b) / 2
    .byte   (22f - 10b) / 2, (21f - 10b) / 2, (20f - 10b) / 2
    .byte   (11f - 10b) / 2, (11f - 10b) / 2, (11f - 10b) / 2, (11f - 10b) / 2, 0

11: b.w     2f
20: PAIR_\format
21: PAIR_\format
22: PAIR_\format
23: PAIR_\format
24: PAIR_\format
25: PAIR_\format
26: PAIR_\format
27: PAIR_\format
28: PAIR_\format
29: PAIR_\format
30:
    ldrd    r9, r10, [sp]
    qadd    r4, r4, r4
    add     r9, r9, r4, asr #31
    smmlar  r4, r4, r8, r9
    ldrh    r12, [r1, #(GATE_ROW_GATE - ROW_SIZE)]
    asr     r4, r4, r3
    ldrsh   r11, [lr, r12, lsl #1]
    add     r4, r11, r4, asr #1
    ssat    r4, #16, r4
    strh    r4, [lr, r12, lsl #1]
    cmp     r1, r10
    bne     1b

    sub     r0, r2, #AHEAD_\format
    add     sp, sp, #8
    pop     {r4-r11, pc}

2:  /* what is over ten pairs */
    ldrh    r7, [r1, #(GATE_ROW_BYTES - ROW_SIZE)]
    sub     r9, r9, #11
    add     r7, r7, r2
    sub     r7, r7, #(10 * AHEAD_\format)
    tbb     [pc, r9]
40: .byte   (44f - 40b) / 2, (43f - 40b) / 2, (42f - 40b) / 2, (41f - 40b) / 2
41: PAIR_\format
42: PAIR_\format
43: PAIR_\format
44: PAIR_\format
    cmp     r2, r7
    bne     41b
    b       20b
    .size   \name, . - \name
    .endm
