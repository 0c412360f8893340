/* Rows of split multiplication on ARMv6-M: macros for conv_2d_*_split_s8.S.
 *
 *     void mcup_split_<format>_<pixels>(const mcup_split_matrix_t *, const uint32_t *columns,
 *                                       int8_t *output)
 *
 * One weight is multiplied by the two or four words that hold four or eight pixels; a word's
 * product is added to one sum and its upper half to another, and at the end of the row they come
 * apart (mcuprune/split.py).  A loop takes four steps of the stream and is entered behind those
 * that a row has not; format macros decode a step and leave each weight in r5 and its words'
 * address in r4:
 *
 *     r0 r1  r8 r9  r10 r11  r12 lr    sums of words 0..3: products, their upper halves
 *     r2 r3                            words, products
 *     r4                               next words in the packed columns
 *     r5 r6                            weight, what is left of the step
 *     r7                               stream
 *
 * TILE is defined where a weight's place is given by words from the one before. */
    .syntax unified
    .thumb
    .text

/* the frame */
    .equ END, 0         /* of the row's stream */
    .equ COLUMNS, 4     /* where r4 begins */
    .equ ROW, 8         /* mcup_split_row_t */
    .equ LAST, 12       /* end of all rows */
    .equ STREAM, 16
    .equ STRIDE, 20     /* bytes between pixels of the output */
    .equ RANGE, 24      /* least - most */
    .equ MOST, 28
    .equ OUTPUT, 32
    .equ ZERO, 36       /* 2 (zero point - least) + 1 */
    .equ FRAME, 40

    .macro multiply word, sum_low, sum_high
    muls \word, r5, \word
    add \sum_low, \sum_low, \word
    asrs \word, \word, #16
    add \sum_high, \sum_high, \word
    .endm

/* r5 times the words at r4, which moves on by one input */
    .macro multiply_words pixels
    ldm r4!, {r2, r3}
    multiply r2, r0, r1
    multiply r3, r8, r9
    .if \pixels == 8
    ldm r4!, {r2, r3}
    multiply r2, r10, r11
    multiply r3, r12, lr
    .endif
    .endm

/* r4 moves over r2 inputs */
    .macro skip pixels
    .if \pixels == 8
    lsls r2, r2, #4
    .else
    lsls r2, r2, #3
    .endif
    adds r4, r4, r2
    .endm

/* r0: a pixel's sum -> stored in the output, and one pixel further.  rounded: the shift is to the
 * right. TFLite's two roundings are one in the carry, and one in r9 with -1 more for negative
 * sums. */
    .macro finish rounded
    sxth r1, r0                 /* sum = 65536 r2 + r1 */
    subs r2, r0, r1
    asrs r2, r2, #16
    .if \rounded
    asrs r0, r0, #31
    add r0, r0, r9
    .else
    mov r0, r9
    .endif
    movs r7, r1                 /* multiplier = 65536 r5 + r4 */
    muls r7, r4, r7
    asrs r7, r7, #16
    muls r1, r5, r1
    adds r1, r1, r7
    movs r7, r2
    muls r7, r4, r7
    adds r1, r1, r7
    muls r2, r5, r2
    lsls r2, r2, #1
    adds r0, r0, r2
    asrs r1, r1, #15
    adcs r0, r0, r1
    .if \rounded
    asrs r0, r0, r6
    .endif
    asrs r1, r0, #31            /* above the least output; not below 0 */
    bics r0, r0, r1
    add r0, r0, r10             /* above the most; not above 0 */
    asrs r1, r0, #31
    ands r0, r0, r1
    add r0, r0, r11
    mov r1, r12
    strb r0, [r1]
    add r12, r12, r8
    .endm

/* name, macro for a step of the stream, pixels, bytes of its code, steps in the loop */
    .macro split_rows name, step, pixels, step_size, unrolled=4
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
    .ifdef TILE
    subs r1, r1, #4             /* the first delta is from the word before */
    .endif
    str r1, [sp, #COLUMNS]
    str r2, [sp, #OUTPUT]
    ldr r3, [r0]                /* row */
    ldr r7, [r0, #4]            /* stream */
    ldr r4, [r0, #8]            /* rows */
    str r3, [sp, #ROW]
    str r4, [sp, #STRIDE]
    lsls r4, r4, #4
    adds r4, r4, r3
    str r4, [sp, #LAST]
    movs r1, #16
    ldrsb r1, [r0, r1]          /* zero_point */
    movs r2, #17
    ldrsb r2, [r0, r2]          /* least */
    movs r3, #18
    ldrsb r3, [r0, r3]          /* most */
    subs r1, r1, r2
    adds r1, r1, r1
    adds r1, r1, #1
    str r1, [sp, #ZERO]
    subs r2, r2, r3
    str r2, [sp, #RANGE]
    str r3, [sp, #MOST]

1:  ldr r3, [sp, #ROW]
    ldr r4, [r3, #12]
    ldm r3!, {r0, r1}
    mov r8, r0
    mov r9, r1
    .if \pixels == 8
    mov r10, r0
    mov r11, r1
    mov r12, r0
    mov lr, r1
    .endif
    lsrs r5, r4, #16            /* bytes */
    adds r5, r5, r7
    str r5, [sp, #END]
    .if \unrolled == 4
    lsls r4, r4, #16
    .else
    lsls r4, r4, #23            /* steps mod 2 */
    lsrs r4, r4, #7
    .endif
    lsrs r4, r4, #24            /* entry */
    movs r5, #(\step_size)
    muls r4, r5, r4
    ldr r5, =3f + 1
    subs r5, r5, r4
    ldr r4, [sp, #COLUMNS]
    bx r5
2:
    .rept \unrolled
    \step \pixels
    .endr
3:  ldr r2, [sp, #END]
    cmp r7, r2
    beq 4f
    b 2b

4:  str r7, [sp, #STREAM]
/* sums of products lose those of the other pixels; then all lie on the stack, in the pixels' order */
    mov r5, r9
    .if \pixels == 8
    mov r6, r11
    mov r7, lr
    push {r1, r5, r6, r7}
    .else
    push {r1, r5}
    .endif
    lsls r1, r1, #16
    subs r0, r0, r1
    mov r2, r8
    lsls r5, r5, #16
    subs r2, r2, r5
    .if \pixels == 8
    mov r3, r10
    lsls r6, r6, #16
    subs r3, r3, r6
    mov r4, r12
    lsls r7, r7, #16
    subs r4, r4, r7
    push {r0, r2, r3, r4}
    .else
    push {r0, r2}
    .endif
    .set sums, 4 * \pixels      /* bytes between sp and the frame */

    ldr r3, [sp, #(sums + ROW)]
    ldr r5, [r3, #8]            /* multiplier */
    ldr r6, [r3, #12]           /* shift */
    adds r3, r3, #16
    str r3, [sp, #(sums + ROW)]
    uxth r4, r5
    lsrs r5, r5, #16
    sxtb r6, r6
    add r3, sp, #(sums + STRIDE)
    ldm r3!, {r0-r2}            /* and RANGE, MOST */
    mov r8, r0
    mov r10, r1
    mov r11, r2
    ldr r0, [sp, #(sums + OUTPUT)]
    mov r12, r0
    adds r0, r0, #1
    str r0, [sp, #(sums + OUTPUT)]
    ldr r0, [sp, #(sums + ZERO)]
    add r3, sp, #sums           /* their end */
    mov lr, r3
    mov r3, sp
    cmp r6, #0
    ble 6f
    lsls r0, r0, r6
    lsrs r0, r0, #1             /* the zero point, shifted, and a half */
    mov r9, r0
5:  .rept 2
    ldm r3!, {r0}
    finish 1
    .endr
    cmp r3, lr
    bne 5b
    b 8f

6:  rsbs r6, r6, #0
    lsrs r0, r0, #1
    mov r9, r0
7:  ldm r3!, {r0}
    lsls r0, r0, r6
    finish 0
    cmp r3, lr
    bne 7b

8:  add sp, sp, #sums
    ldr r0, [sp, #ROW]
    ldr r1, [sp, #LAST]
    cmp r0, r1
    beq 9f
    ldr r7, [sp, #STREAM]
    b 1b
9:  add sp, sp, #FRAME
    pop {r4-r7}
    mov r8, r4
    mov r9, r5
    mov r10, r6
    mov r11, r7
    pop {r4-r7, pc}
    .ltorg
    .size \name, . - \name
    .endm

/* mcup_split_pack_<pixels>(const int8_t *a, const int8_t *b, uint32_t *to, int32_t count): the
 * words of the same `count` inputs, at least one, of two pixels.  The linker keeps one, however
 * many formats bring it. */
    .macro split_pack pixels
    .section .text.mcup_split_pack_\pixels, "axG", %progbits, mcup_split_pack_\pixels, comdat
    .balign 4
    .weak mcup_split_pack_\pixels
    .thumb_func
    .type mcup_split_pack_\pixels, %function
mcup_split_pack_\pixels:
    push {r4-r7, lr}
    ldr r6, =0x00800081         /* 128 and 129 */
    movs r7, #0                 /* place */
    subs r3, r3, #3
    ble 2f
1:  .set at, 0
    .rept 4
    ldrsb r4, [r0, r7]
    ldrsb r5, [r1, r7]
    lsls r5, r5, #16
    adds r4, r4, r5
    adds r4, r4, r6
    str r4, [r2, #at]
    adds r7, r7, #1
    .set at, at + 2 * \pixels
    .endr
    adds r2, r2, #(8 * \pixels)
    cmp r7, r3
    blt 1b
2:  adds r3, r3, #3
    b 4f
3:  ldrsb r4, [r0, r7]
    ldrsb r5, [r1, r7]
    lsls r5, r5, #16
    adds r4, r4, r5
    adds r4, r4, r6
    str r4, [r2]
    adds r2, r2, #(2 * \pixels)
    adds r7, r7, #1
4:  cmp r7, r3
    blt 3b
    pop {r4-r7, pc}
    .ltorg
    .size mcup_split_pack_\pixels, . - mcup_split_pack_\pixels
    .endm

    split_pack 8
    split_pack 4
    .text
