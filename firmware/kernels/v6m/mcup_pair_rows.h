/* Fully connected on ARMv6-M: macros for fully_connected_*_s8.S.
 *
 * A loop takes four pairs of entries and is entered behind those that a row has not; format macros
 * do a pair, the i-th of four:
 *
 *     r0       sum
 *     r1       input of the entry before
 *     r2       scratch, as are r4 and r5
 *     r3       stream
 *     r6 r7    0, end of the row's stream
 *     r8       byte before the inputs
 *     r9 - r11 zero point, least and most output less the zero point
 *     r12 lr   next output, mcup_row_t */
    .syntax unified
    .thumb
    .text

/* the frame */
    .equ LAST, 0        /* end of all rows */
    .equ ROW, 4         /* first of them */
    .equ STREAM, 8
    .equ INPUTS, 12
    .equ LEFT, 16       /* batches */
    .equ FRAME, 20

/* r0: the sum of the row r7 -> its output, stored; r3 is left alone.  mcup_math.h bit for bit, of
 * halves: sum = 65536 r2 + r1, multiplier = 65536 r5 + r4, all signed; what is rounded off is in
 * the carry. */
    .macro finish_row
    ldr r5, [r7, #4]            /* multiplier */
    ldr r6, [r7, #8]
    sxtb r6, r6                 /* shift */
    sxth r4, r5
    asrs r5, r5, #15
    adds r5, r5, #1
    asrs r5, r5, #1
    cmp r6, #0
    bpl 11f
    rsbs r6, r6, #0
    lsls r0, r0, r6
    movs r6, #0
11: sxth r1, r0
    asrs r2, r0, #15
    adds r2, r2, #1
    asrs r2, r2, #1
    movs r7, r1
    muls r7, r4, r7
    asrs r7, r7, #16
    muls r1, r5, r1
    adds r1, r1, r7
    movs r7, r2
    muls r7, r4, r7
    adds r1, r1, r7
    muls r2, r5, r2
    lsls r2, r2, #1
    asrs r1, r1, #15
    adcs r2, r2, r1
    subs r6, r6, #1
    bmi 12f
    asrs r1, r2, #31            /* halves away from zero */
    adds r2, r2, r1
    asrs r2, r2, r6
    adds r2, r2, #1
    asrs r2, r2, #1
12: cmp r2, r10
    bge 13f
    mov r2, r10
13: cmp r2, r11
    ble 14f
    mov r2, r11
14: add r2, r2, r9
    mov r7, r12
    strb r2, [r7]
    adds r7, r7, #1
    mov r12, r7
    .endm

/* name, macro for a pair, bytes of a pair, bytes of its code */
    .macro rows name, pair, pair_bytes, pair_code
    .balign 4
    .global \name
    .thumb_func
    .type \name, %function
\name:
    push {r4-r7, lr}
    mov r4, r8
    mov r5, r9
    mov r6, r10
    mov r7, r11
    push {r4-r7}
    sub sp, sp, #FRAME
    mov r12, r2
    ldm r0!, {r3-r6}            /* row, stream, rows, inputs */
    movs r7, #12
    muls r5, r7, r5
    adds r5, r5, r3
    str r5, [sp, #LAST]
    str r3, [sp, #ROW]
    str r4, [sp, #STREAM]
    str r6, [sp, #INPUTS]
    ldr r2, [r0, #4]            /* batches */
    str r2, [sp, #LEFT]
    movs r2, #0
    ldrsb r5, [r0, r2]          /* zero_point */
    movs r2, #1
    ldrsb r6, [r0, r2]          /* least */
    movs r2, #2
    ldrsb r7, [r0, r2]          /* most */
    mov r9, r5
    subs r6, r6, r5
    mov r10, r6
    subs r7, r7, r5
    mov r11, r7
    subs r1, r1, #1
    mov r8, r1

1:  ldr r7, [sp, #ROW]
    ldr r3, [sp, #STREAM]
2:  mov lr, r7
    ldr r0, [r7]                /* bias */
    ldr r4, [r7, #8]
    lsrs r7, r4, #16            /* bytes */
    adds r7, r7, r3
    lsls r4, r4, #16
    lsrs r4, r4, #24            /* entry */
    movs r5, #\pair_code
    muls r5, r4, r5
    ldr r2, =4f + 1
    subs r2, r2, r5
    subs r4, r4, #4
    movs r5, #\pair_bytes
    muls r4, r5, r4
    adds r3, r3, r4             /* to where pair 0 would be */
    mov r1, r8
    movs r6, #0
    bx r2
    .balign 4
3:  \pair 0
    \pair 1
    \pair 2
    \pair 3
4:  adds r3, r3, #(4 * \pair_bytes)
    cmp r3, r7
    bne 3b

    mov r7, lr
    finish_row
    mov r7, lr
    adds r7, r7, #12
    ldr r0, [sp, #LAST]
    cmp r7, r0
    beq 5f
    b 2b

5:  ldr r0, [sp, #INPUTS]
    add r8, r8, r0
    ldr r0, [sp, #LEFT]
    subs r0, r0, #1
    str r0, [sp, #LEFT]
    beq 6f
    b 1b
6:  add sp, sp, #FRAME
    pop {r4-r7}
    mov r8, r4
    mov r9, r5
    mov r10, r6
    mov r11, r7
    pop {r4-r7, pc}
    .ltorg
    .size \name, . - \name
    .endm
