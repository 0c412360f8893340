/* Depthwise convolution of any shape for ARMv6-M: each weight is multiplied by four places.
 *
 *     r0-r3   sums                          r8        end of the row of places
 *     r4 r5   places, taps                  r9 r10    halves of the multiplier, high and low
 *     r6 r7   a weight, a product           r11 r12   2^14, rounding constant
 *                                           lr        output
 */
#define LOW  68                         /* behind mcup_sweep_t */
#define HIGH 72
#define GROUP 76                        /* what changes from group to group */
#include "mcup_plane.h"

    .syntax unified
    .thumb
    .text

    .macro TAP_OF_FOUR stride
    ldm     r5!, {r6}
    ldrb    r7, [r4]
    muls    r7, r6, r7
    adds    r0, r0, r7
    ldrb    r7, [r4, #\stride]
    muls    r7, r6, r7
    adds    r1, r1, r7
    ldrb    r7, [r4, #2 * \stride]
    muls    r7, r6, r7
    adds    r2, r2, r7
    ldrb    r7, [r4, #3 * \stride]
    muls    r6, r7, r6
    adds    r3, r3, r6
    adds    r4, #1
    .endm

/* The high multiplication of mcup_math_v6m.h, of x = 65536 xh + xl and m = 65536 mh + ml:
 * 2 xh mh + ((xh ml + xl mh + (xl ml >> 16) + 2^14) >> 15) */
    .macro STORE x
    sxth    r4, \x                      /* xl */
    asrs    r5, \x, #15
    adds    r5, #1
    asrs    r5, r5, #1                  /* xh */
    mov     r6, r9
    mov     r7, r6
    muls    r6, r4, r6                  /* xl mh */
    muls    r7, r5, r7                  /* xh mh */
    asrs    \x, \x, #31
    lsls    r7, r7, #1
    adds    \x, \x, r7
    mov     r7, r10
    muls    r5, r7, r5                  /* xh ml */
    muls    r4, r7, r4                  /* xl ml */
    asrs    r4, r4, #16
    adds    r4, r4, r5
    adds    r4, r4, r6
    add     r4, r11
    asrs    r4, r4, #15
    adds    \x, \x, r4
    add     \x, r12
    ldr     r7, [sp, #SHIFT]
    asrs    \x, r7
    sxtb    r4, \x
    cmp     r4, \x
    beq     1f
    asrs    r4, \x, #31                 /* out of range: 127, or -128 */
    movs    r5, #127
    eors    r4, r5
1:  mov     r6, lr
    strb    r4, [r6]
    ldr     r7, [sp, #OUTPUT_STEP]
    add     lr, r7
    .endm

    .macro SWEEP_CHANNEL name, stride
    .global \name
    .thumb_func
    .type   \name, %function
\name:
    push    {r4-r7, lr}
    mov     r4, r8
    mov     r5, r9
    mov     r6, r10
    mov     r7, r11
    push    {r4-r7}
    sub     sp, #FRAME
    mov     r5, sp
    .rept   4
    ldm     r0!, {r1-r4}
    stm     r5!, {r1-r4}
    .endr
    ldm     r0!, {r1-r3}                /* the last word of mcup_sweep_t, and the halves */
    stm     r5!, {r1-r3}
    mov     r10, r2
    mov     r9, r3
    ldr     r0, [sp, #ROUND]
    mov     r12, r0
    movs    r0, #1
    lsls    r0, r0, #14
    mov     r11, r0
    ldr     r0, [sp, #ENTRY]
    lsls    r0, r0, #2
    adr     r1, 20f
    ldr     r1, [r1, r0]
    str     r1, [sp, #ENTRY]
2:  ldr     r6, [sp, #PLACE]
    ldr     r7, [sp, #OUTPUT]
    ldr     r5, [sp, #OUTPUTS]
    str     r6, [sp, #GROUP_PLACE]
    mov     lr, r7
    str     r5, [sp, #LEFT]
3:  ldr     r4, [sp, #GROUP_PLACE]
    ldr     r5, [sp, #TAP]
    ldr     r0, [sp, #BIAS]
    ldr     r6, [sp, #ROWS]
    movs    r7, #4 * \stride
    adds    r7, r7, r4
    str     r7, [sp, #GROUP_PLACE]
    mov     r1, r0
    mov     r2, r0
    mov     r3, r0
4:  str     r6, [sp, #ROWS_LEFT]
    ldr     r7, [sp, #TAPS]
    adds    r7, r7, r4
    mov     r8, r7
    ldr     r7, [sp, #ENTRY]
    mov     pc, r7
    .balign 4
10: TAP_OF_FOUR \stride
11: TAP_OF_FOUR \stride
12: TAP_OF_FOUR \stride
13: TAP_OF_FOUR \stride
    cmp     r4, r8
    bne     10b
    ldr     r7, [sp, #ROW_STEP]
    adds    r4, r4, r7
    ldr     r6, [sp, #ROWS_LEFT]
    subs    r6, r6, #1
    bne     4b
    STORE   r0
    ldr     r7, [sp, #LEFT]
    subs    r7, r7, #1
    beq     14f
    str     r7, [sp, #LEFT]
    STORE   r1
    ldr     r7, [sp, #LEFT]
    subs    r7, r7, #1
    beq     14f
    str     r7, [sp, #LEFT]
    STORE   r2
    ldr     r7, [sp, #LEFT]
    subs    r7, r7, #1
    beq     14f
    str     r7, [sp, #LEFT]
    STORE   r3
    ldr     r7, [sp, #LEFT]
    subs    r7, r7, #1
    str     r7, [sp, #LEFT]
    beq     14f
    b       3b
14: ldr     r6, [sp, #PLACE]
    ldr     r7, [sp, #LINE_STEP]
    ldr     r4, [sp, #OUTPUT]
    ldr     r5, [sp, #OUTPUT_LINE]
    adds    r6, r6, r7
    adds    r4, r4, r5
    str     r6, [sp, #PLACE]
    str     r4, [sp, #OUTPUT]
    ldr     r5, [sp, #LINES]
    subs    r5, r5, #1
    str     r5, [sp, #LINES]
    beq     15f
    b       2b
15: add     sp, #FRAME
    pop     {r4-r7}
    mov     r8, r4
    mov     r9, r5
    mov     r10, r6
    mov     r11, r7
    pop     {r4-r7, pc}
    .balign 4
20: .word   10b, 11b, 12b, 13b
    .size   \name, . - \name
    .endm

    SWEEP_CHANNEL mcup_sweep_stride_1, 1
    SWEEP_CHANNEL mcup_sweep_stride_2, 2
