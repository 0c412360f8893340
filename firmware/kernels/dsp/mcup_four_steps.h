/* Rows of a sparse matrix times the inputs of four steps of an LSTM at once, on Cortex-M4, M7 and M33.
 * Weights and their places are read once for four sums; the loop takes four pairs a turn, and a row's
 * entry (mcup_gate_rows.h) says where it begins.
 *
 *     FOUR_STEPS mcup_lstm_d8_four_steps, D8
 *
 *     r0  column - 1     r3  inputs        r8   where in the first column     lr   3 * inputs
 *     r1  row            r4-r7  sums       r9   indices of the next pair
 *     r2  stream                           r10-r12  weights and inputs
 */
    .equ    FOUR_ROUNDING, 0            /* the frame: rounding, shift - 1, */
    .equ    FOUR_MULTIPLIER, 8
    .equ    FOUR_END, 12                /* of the row's pairs, */
    .equ    FOUR_LAST, 16               /* behind the last row, */
    .equ    FOUR_GATES, 20              /* and the bytes of a step's */
    .equ    FOUR_FRAME, 28
    .equ    FOUR_ARGUMENTS, FOUR_FRAME + 36

/* A weight, the bottom or top half of r10, times an input of each step. */
    .macro  FOUR half
    ldrsb.w r11, [r8]
    ldrsb.w r12, [r8, r3]
    smla\half\()b r4, r10, r11, r4
    smla\half\()b r5, r10, r12, r5
    ldrsb.w r11, [r8, r3, lsl #1]
    ldrsb.w r12, [r8, lr]
    smla\half\()b r6, r10, r11, r6
    smla\half\()b r7, r10, r12, r7
    .endm

    .macro  FOUR_FIRST_D8
    ldr     r9, [r2, #-4]
    .endm

    .macro  FOUR_D8
    uxtab   r8, r8, r9
    sxtb16  r10, r9, ror #8
    FOUR    b
    uxtab   r8, r8, r9, ror #16
    ldr     r9, [r2], #4
    FOUR    t
    .endm

    .macro  FOUR_FIRST_N4
    ldrb    r9, [r2, #-3]
    .endm

    .macro  FOUR_N4
    and     r10, r9, #15
    add     r8, r8, r10
    ldrsb   r10, [r2, #-2]
    FOUR    b
    ldrsb   r10, [r2, #-1]
    add     r8, r8, r9, lsr #4
    ldrb    r9, [r2], #3
    FOUR    b
    .endm

    .macro  FOUR_FIRST_B4
    ldrb    r9, [r2, #-5]
    .endm

/* Four weights, as halves in r10 and r11, times four inputs of a step. */
    .macro  BLOCK sum, step:vararg
    ldr.w   r12, [r8\step]
    sxtb16  r12, r12
    smlad   \sum, r10, r12, \sum
    ldr.w   r12, [r8\step]
    sxtb16  r12, r12, ror #8
    smlad   \sum, r11, r12, \sum
    .endm

    .macro  FOUR_B4
    add     r8, r8, r9
    ldr     r10, [r2, #-4]
    ldrb    r9, [r2], #5
    sxtb16  r11, r10, ror #8
    sxtb16  r10, r10
    BLOCK   r4
    BLOCK   r5, , r3
    BLOCK   r6, , r3, lsl #1
    BLOCK   r7, , lr
    .endm

/* Twice a sum's scaled value becomes a gate: mcup_gate_rows.h. */
    .macro  FOUR_SCALE sum
    qadd    \sum, \sum, \sum
    add     r12, r10, \sum, asr #31
    smmlar  \sum, \sum, r8, r12
    asr     \sum, \sum, r11
    ssat    \sum, #16, \sum, asr #1
    .endm

/* mcup_four_steps_t */
    .macro  FOUR_STEPS name, format
    .section .text.\name, "ax", %progbits
    .balign 4
    .global \name
    .thumb_func
    .type   \name, %function
\name:
    push    {r4-r11, lr}
    sub     sp, sp, #FOUR_FRAME
    str     r2, [sp, #FOUR_LAST]
    add     r2, r3, #AHEAD_\format
    ldrd    r6, r5, [sp, #(FOUR_ARGUMENTS + 4)]
    sub     r5, r5, #1
    mov     r4, #1
    lsl     r4, r4, r5
    strd    r4, r5, [sp, #FOUR_ROUNDING]
    str     r6, [sp, #FOUR_MULTIPLIER]
    ldr     r4, [sp, #FOUR_ARGUMENTS]
    ldrd    r3, r5, [sp, #(FOUR_ARGUMENTS + 12)]
    lsl     r5, r5, #3
    strd    r4, r5, [sp, #FOUR_GATES]
    add     lr, r3, r3, lsl #1
    sub     r0, r0, #1
    FOUR_FIRST_\format

1:  /* a row */
    ldr     r4, [r1], #ROW_SIZE         /* bias */
    ldrb    r10, [r1, #(GATE_ROW_ENTRY - ROW_SIZE)]
    ldrh    r11, [r1, #(GATE_ROW_BYTES - ROW_SIZE)]
    add     r11, r11, r2
    str     r11, [sp, #FOUR_END]
    mov     r5, r4
    mov     r6, r4
    mov     r7, r4
    mov     r8, r0
    tbb     [pc, r10]
10: .byte   (15f - 10b) / 2, (14f - 10b) / 2, (13f - 10b) / 2, (12f - 10b) / 2
    .byte   (11f - 10b) / 2, (14f - 10b) / 2, (13f - 10b) / 2, (12f - 10b) / 2
    .byte   (11f - 10b) / 2, (14f - 10b) / 2, (13f - 10b) / 2, (12f - 10b) / 2
    .byte   (11f - 10b) / 2, (14f - 10b) / 2, (13f - 10b) / 2, 0
11: FOUR_\format
12: FOUR_\format
13: FOUR_\format
14: FOUR_\format
15: ldr     r12, [sp, #FOUR_END]
    cmp     r2, r12
    bne     11b

    ldrd    r10, r11, [sp, #FOUR_ROUNDING]
    ldr     r8, [sp, #FOUR_MULTIPLIER]
    FOUR_SCALE r4
    FOUR_SCALE r5
    FOUR_SCALE r6
    FOUR_SCALE r7
    ldrh    r12, [r1, #(GATE_ROW_GATE - ROW_SIZE)]
    ldrd    r8, r10, [sp, #FOUR_GATES]
    add     r8, r8, r12, lsl #1
    add     r11, r8, r10
    strh    r4, [r8]
    strh    r5, [r11]
    strh    r6, [r8, r10, lsl #1]
    strh    r7, [r11, r10, lsl #1]
    ldr     r12, [sp, #FOUR_LAST]
    cmp     r1, r12
    bne     1b

    sub     r0, r2, #AHEAD_\format
    add     sp, sp, #FOUR_FRAME
    pop     {r4-r11, pc}
    .size   \name, . - \name
    .endm
