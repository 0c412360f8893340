/* Fully connected on ARMv7-M: macros for fully_connected_*_s8.S.
 *
 * A loop takes four pairs of entries and is entered behind those that a row has not.  Format
 * macros do a pair and load the deltas of the next one ahead:
 *
 *     r0 r6      deltas of the coming pair
 *     r1 r2 r3   mcup_row_t, stream, end of all rows
 *     r4 r5      sum, input of the entry before
 *     r7         end of the row's stream
 *     r8 - r12   scratch
 *     lr         next output */
    .syntax unified
    .thumb
    .text

/* the frame */
    .equ INPUT, 0       /* byte before the inputs */
    .equ ZERO, 4        /* zero point */
    .equ TIGHT, 8       /* 0 where the output is clamped to -128..127 */
    .equ LEAST, 12
    .equ MOST, 16
    .equ LAYER, 20
    .equ LEFT, 24       /* batches */
    .equ FRAME, 28

/* name, macro for a pair, bytes of its code, macro that loads the first deltas of a row */
    .macro rows name, pair, pair_code, ahead
    .balign 4
    .global \name
    .thumb_func
    .type \name, %function
\name:
    push {r4-r11, lr}
    sub sp, sp, #FRAME
    mov lr, r2
    subs r1, r1, #1
    str r1, [sp, #INPUT]
    ldrsb r4, [r0, #16]         /* zero_point */
    ldrsb r5, [r0, #17]         /* least */
    ldrsb r6, [r0, #18]         /* most */
    ldr r7, [r0, #20]           /* batches */
    str r4, [sp, #ZERO]
    str r5, [sp, #LEAST]
    str r6, [sp, #MOST]
    str r7, [sp, #LEFT]
    str r0, [sp, #LAYER]
    subs r6, r6, r5
    subs r6, r6, #255
    str r6, [sp, #TIGHT]

1:  ldr r8, [sp, #LAYER]
    ldr r1, [r8]                /* row */
    ldr r2, [r8, #4]            /* stream */
    ldr r3, [r8, #8]            /* rows */
    add r3, r3, r3, lsl #1
    add r3, r1, r3, lsl #2
2:  ldrh r7, [r1, #10]          /* bytes */
    ldrb r8, [r1, #9]           /* entry */
    ldr r4, [r1]                /* bias */
    ldr r5, [sp, #INPUT]
    \ahead
    add r7, r7, r2
    adr r12, 4f
    add r12, r12, #1
    mov r9, #\pair_code
    mls r12, r8, r9, r12
    bx r12
    .balign 4
3:  .rept 4
    \pair
    .endr
4:  cmp r2, r7
    bne 3b

    ldr r8, [r1, #4]            /* multiplier */
    ldrsb r10, [r1, #8]         /* shift */
    ldr r9, [sp, #ZERO]
    ldr r0, [sp, #TIGHT]
    cmp r10, #0
    ble 7f
    smull r11, r12, r4, r8
    lsrs r11, r11, #31          /* what is rounded off is in the carry */
    adc r4, r11, r12, lsl #1
    add r4, r4, r4, asr #31     /* halves away from zero */
    sub r10, r10, #1
    asr r4, r4, r10
    add r4, r4, #1
    asr r4, r4, #1
5:  add r4, r4, r9
    ssat r4, #8, r4
    cmp r0, #0
    bne 8f
6:  strb r4, [lr], #1
    add r1, r1, #12
    cmp r1, r3
    bne 2b

    ldr r8, [sp, #LAYER]
    ldr r8, [r8, #12]           /* inputs */
    ldr r9, [sp, #INPUT]
    ldr r10, [sp, #LEFT]
    add r9, r9, r8
    str r9, [sp, #INPUT]
    subs r10, r10, #1
    str r10, [sp, #LEFT]
    bne 1b
    add sp, sp, #FRAME
    pop {r4-r11, pc}

7:  rsb r10, r10, #0
    lsl r4, r4, r10
    smull r11, r12, r4, r8
    lsrs r11, r11, #31
    adc r4, r11, r12, lsl #1
    ssat r4, #16, r4            /* so that the zero point can be added */
    b 5b

8:  ldr r8, [sp, #LEAST]
    ldr r9, [sp, #MOST]
    cmp r4, r8
    it lt
    movlt r4, r8
    cmp r4, r9
    it gt
    movgt r4, r9
    b 6b
    .size \name, . - \name
    .endm
