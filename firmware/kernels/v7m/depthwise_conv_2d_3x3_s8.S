/* Depthwise 3x3, stride 1: each input column is read once and multiplied into three sums.
 *
 * A step reads the column behind the one in the middle of an output, which is the middle of the
 * next and the first of the one after it; so three sums rotate through r8-r10: the one that is
 * finished, the middle one, the one that starts.
 *
 *     r0         input column; outputs lie OUTPUT bytes behind it
 *     r1 r2      bytes to the next line, to the next column
 *     r3-r5      taps as they are needed      r6 r7   two taps that stay (mcup_depthwise_3x3_v7m.h)
 *     r11 r12 lr a column
 */
#include "mcup_depthwise_3x3_v7m.h"

    .syntax unified
    .thumb
    .text

/* Go on by a column: sum `f` is finished and stored, `m` comes to its middle, `s` starts. */
    .macro STEP f, m, s
    COLUMN
    FINISH_COLUMN \f
    MIDDLE_COLUMN \m
    START_COLUMN \s
    REQUANTIZE \f
    ldr     r3, [sp, #OUTPUT]
    strb    \f, [r0, r3]
    .endm

lines:
    str     lr, [sp, #RETURN]
1:  ldr     r9, [sp, #SPAN]
    ldr     r8, [sp, #FRONT]
    ldr     r10, [sp, #BEFORE]
    add     r9, r9, r0
    str     r9, [sp, #END]
    cmp     r10, #0
    beq     7f
2:  COLUMN
    MIDDLE_COLUMN r8
    START_COLUMN r9
    ldr     r11, [sp, #ENTRY]               /* 0-2: that step first; 3: none, one output */
    tbb     [pc, r11]
3:  .byte   (4f - 3b) / 2, (14f - 3b) / 2, (15f - 3b) / 2, (6f - 3b) / 2
14: mov     r10, r9
    mov     r9, r8
    b       5f
15: mov     r10, r8
    mov     r8, r9
    b       16f
4:  STEP    r8, r9, r10
5:  STEP    r9, r10, r8
16: STEP    r10, r8, r9
    ldr     r12, [sp, #END]
    cmp     r0, r12
    bne     4b
6:  ldr     r11, [sp, #BACK]
    ldr     r12, [sp, #BEHIND]
    cmp     r12, #0
    beq     8f
    add     r8, r8, r11
    add     r0, r0, r2
9:  REQUANTIZE r8
    ldr     r11, [sp, #OUTPUT]
    ldr     r10, [sp, #TO_LINE]
    ldr     r9, [sp, #COUNT]
    strb    r8, [r0, r11]
    add     r0, r0, r10
    subs    r9, r9, #1
    str     r9, [sp, #COUNT]
    bne     1b
    ldr     r12, [sp, #RETURN]
    add     r11, r11, r1                    /* OUTPUT of the next kind of lines */
    str     r11, [sp, #OUTPUT]
    bx      r12
/* The image begins here: one column more, before any output has its middle. */
7:  ldr     r11, [sp, #OUTPUT]
    ldr     r12, [sp, #OUTPUT_STEP]
    add     r11, r11, r12
    str     r11, [sp, #OUTPUT]
    COLUMN
    START_COLUMN r8
    b       2b
/* It ends here: a real column instead of the constant. */
8:  COLUMN
    FINISH_COLUMN r8
    b       9b

    CHANNELS_3X3 mcup_depthwise_3x3_stride_1, lines, 0
    .size   mcup_depthwise_3x3_stride_1, . - lines
