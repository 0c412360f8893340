/* Rows of split multiplication on ARMv7-M: macros for conv_2d_*_split_s8.S.
 *
 *     void mcup_split_<format>_<pixels>(const mcup_split_matrix_t *, const uint32_t *columns,
 *                                       int8_t *output)
 *
 * One weight is multiplied by the two or four words that hold four or eight pixels; a word's
 * product is added to one sum and its upper half to another, and at the end of the row they come
 * apart (mcuprune/split.py).  A loop takes four steps of the stream and is entered behind those
 * that a row has not:
 *
 *     r0 r1 .. r6 r7    sums of words 0..3: products, their upper halves; then of pixels
 *     r8 r9             words, products
 *     r10               weight
 *     r11               4 bytes before the next words in the packed columns
 *     r12               stream
 *     lr                what tells of the coming weights' places, loaded ahead
 *
 * With TILE defined, r11 stays where it is and a weight's place is given by words. */
    .syntax unified
    .thumb
    .text

/* the frame */
    .equ END, 0         /* of the row's stream */
    .equ COLUMNS, 4     /* where r11 begins */
    .equ ROW, 8         /* mcup_split_row_t */
    .equ LAST, 12       /* end of all rows */
    .equ STREAM, 16
    .equ STRIDE, 20     /* bytes between pixels of the output */
    .equ OUTPUT, 24
    .equ ZERO, 28       /* zero point */
    .equ LEAST, 32
    .equ MOST, 36
    .equ TIGHT, 40      /* 0 where they are -128 and 127 */
    .equ FRAME, 44

    .macro multiply word, sum_low, sum_high
    mul \word, \word, r10
    add \sum_low, \sum_low, \word
    add \sum_high, \sum_high, \word, asr #16
    .endm

/* r10 times the words behind r11, which moves on by one input; `ahead`: what to load meanwhile */
    .macro multiply_words pixels, ahead:vararg
    .if \pixels == 8
    ldr r8, [r11, #4]
    ldr r9, [r11, #8]
    multiply r8, r0, r1
    multiply r9, r2, r3
    ldr r8, [r11, #12]
    \ahead
    .ifdef TILE
    ldr r9, [r11, #16]
    .else
    ldr r9, [r11, #16]!
    .endif
    multiply r8, r4, r5
    multiply r9, r6, r7
    .else
    ldr r8, [r11, #4]
    \ahead
    ldr r9, [r11, #8]!
    multiply r8, r0, r1
    multiply r9, r2, r3
    .endif
    .endm

/* r11 moves over so many inputs */
    .macro skip pixels, inputs
    .if \pixels == 8
    add r11, r11, \inputs, lsl #4
    .else
    add r11, r11, \inputs, lsl #3
    .endif
    .endm

/* sums of product and upper half become those of two pixels */
    .macro split low, high
    sub \low, \low, \high, lsl #16
    .endm

/* A pixel's sum -> its output.  r8: multiplier, r9: zero point, r10: shift.  rounded: the shift is
 * to the right, and r9 holds the zero point shifted, and a half.  TFLite's two roundings are one
 * in the carry, and one in r9 with -1 more for negative sums. */
    .macro finish sum, rounded
    .if \rounded == 0
    lsl \sum, \sum, r10
    .endif
    smull lr, r12, \sum, r8
    .if \rounded
    add \sum, r9, \sum, asr #31
    .else
    mov \sum, r9
    .endif
    lsrs lr, lr, #31
    adc r12, lr, r12, lsl #1
    add \sum, \sum, r12
    .if \rounded
    asr \sum, \sum, r10
    .endif
    ssat \sum, #8, \sum
    .endm

    .macro clamp sum, unused
    cmp \sum, r8
    it lt
    movlt \sum, r8
    cmp \sum, r9
    it gt
    movgt \sum, r9
    .endm

    .macro for_pixels pixels, do, argument
    .irp sum, r0, r1, r2, r3
    \do \sum, \argument
    .endr
    .if \pixels == 8
    .irp sum, r4, r5, r6, r7
    \do \sum, \argument
    .endr
    .endif
    .endm

/* name, macro for a step of the stream, pixels, bytes of its code, what is loaded ahead for a
 * row's first */
    .macro split_rows name, step, pixels, step_size, ahead:vararg
    .balign 4
    .global \name
    .thumb_func
    .type \name, %function
\name:
    push {r4-r11, lr}
    sub sp, sp, #FRAME
    ldr r3, [r0]                /* row */
    ldr r12, [r0, #4]           /* stream */
    ldr r4, [r0, #8]            /* rows */
    ldrsb r5, [r0, #16]         /* zero_point */
    ldrsb r6, [r0, #17]         /* least */
    ldrsb r7, [r0, #18]         /* most */
    .ifdef TILE
    subs r1, r1, #8             /* the first delta is from the word before */
    .else
    subs r1, r1, #4
    .endif
    str r1, [sp, #COLUMNS]
    str r2, [sp, #OUTPUT]
    str r4, [sp, #STRIDE]
    add r4, r3, r4, lsl #4
    str r4, [sp, #LAST]
    str r5, [sp, #ZERO]
    str r6, [sp, #LEAST]
    str r7, [sp, #MOST]
    subs r4, r7, r6
    subs r4, r4, #255
    str r4, [sp, #TIGHT]

    mov r9, r3

1:  str r9, [sp, #ROW]
    ldrh r10, [r9, #14]         /* bytes */
    ldrb r8, [r9, #13]          /* entry */
    ldr r11, [sp, #COLUMNS]
    ldr r0, [r9]                /* low */
    ldr r1, [r9, #4]            /* high */
    \ahead
    add r10, r10, r12
    str r10, [sp, #END]
    mov r2, r0
    mov r3, r1
    .if \pixels == 8
    mov r4, r0
    mov r5, r1
    mov r6, r0
    mov r7, r1
    .endif
    adr r10, 3f
    add r10, r10, #1
    mov r9, #\step_size
    mls r10, r8, r9, r10
    bx r10
    .balign 4
2:
    .rept 4
    \step \pixels
    .endr
3:  ldr r8, [sp, #END]
    cmp r12, r8
    bne 2b

    ldr r11, [sp, #ROW]
    str r12, [sp, #STREAM]
    ldr r8, [r11, #8]           /* multiplier */
    ldrsb r10, [r11, #12]       /* shift */
    ldr r9, [sp, #ZERO]
    split r0, r1
    split r2, r3
    .if \pixels == 8
    split r4, r5
    split r6, r7
    .endif
    cmp r10, #0
    ble 6f
    add r9, r9, r9
    add r9, r9, #1
    lsl r9, r9, r10
    asr r9, r9, #1
    for_pixels \pixels, finish, 1
4:  ldr r12, [sp, #TIGHT]
    ldr r8, [sp, #STRIDE]
    ldr r11, [sp, #OUTPUT]
    ldr r9, [sp, #ROW]
    cmp r12, #0
    bne 7f
5:  add r12, r11, #1
    str r12, [sp, #OUTPUT]
    ldr r12, [sp, #STREAM]
    ldr r10, [sp, #LAST]
    add lr, r11, r8, lsl #(\pixels / 4)
    strb r0, [r11]              /* word j holds pixels j and j + 4, or j + 2 */
    strb r1, [lr]
    strb r2, [r11, r8]
    strb r3, [lr, r8]
    .if \pixels == 8
    strb r4, [r11, r8, lsl #1]
    strb r5, [lr, r8, lsl #1]
    sub r11, lr, r8
    add lr, lr, r8, lsl #1
    strb r6, [r11]
    strb r7, [lr, r8]
    .endif
    add r9, r9, #16
    cmp r9, r10
    bne 1b
    add sp, sp, #FRAME
    pop {r4-r11, pc}

6:  rsb r10, r10, #0
    for_pixels \pixels, finish, 0
    b 4b

7:  ldr r8, [sp, #LEAST]
    ldr r9, [sp, #MOST]
    for_pixels \pixels, clamp
    ldr r8, [sp, #STRIDE]
    ldr r9, [sp, #ROW]
    b 5b
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
    push {r4-r11}
    movw r12, #129
    movt r12, #128
    subs r3, r3, #4
    blt 2f
1:  ldrsb r5, [r0, #1]
    ldrsb r9, [r1, #1]
    ldrsb r6, [r0, #2]
    ldrsb r10, [r1, #2]
    ldrsb r7, [r0, #3]
    ldrsb r11, [r1, #3]
    ldrsb r4, [r0], #4
    ldrsb r8, [r1], #4
    add r5, r5, r9, lsl #16
    add r6, r6, r10, lsl #16
    add r7, r7, r11, lsl #16
    add r4, r4, r8, lsl #16
    add r5, r5, r12
    add r6, r6, r12
    add r7, r7, r12
    add r4, r4, r12
    str r5, [r2, #(2 * \pixels)]
    str r6, [r2, #(4 * \pixels)]
    str r7, [r2, #(6 * \pixels)]
    str r4, [r2], #(8 * \pixels)
    subs r3, r3, #4
    bge 1b
2:  adds r3, r3, #4
    beq 4f
3:  ldrsb r4, [r0], #1
    ldrsb r8, [r1], #1
    add r4, r4, r8, lsl #16
    add r4, r4, r12
    str r4, [r2], #(2 * \pixels)
    subs r3, r3, #1
    bne 3b
4:  pop {r4-r11}
    bx lr
    .size mcup_split_pack_\pixels, . - mcup_split_pack_\pixels
    .endm

    split_pack 8
    split_pack 4
    .text
