/* Depthwise 3x3, stride 2: an output reads three columns, the last of which is the first of the
 * next output.
 *
 *     r0         input column
 *     r1 r2      bytes to the next line, to the next column
 *     r3-r5      taps as they are needed      r6 r7   two taps that stay (mcup_depthwise_3x3_v7m.h)
 *     r8 r9      sums: the one that is finished, the one that starts
 *     r10        output
 *     r11 r12 lr a column
 */
#include "mcup_depthwise_3x3_v7m.h"

    .syntax unified
    .thumb
    .text

    .macro FINISH sum
    REQUANTIZE \sum
    strb    \sum, [r10]
    add     r10, r10, r2
    .endm

/* Go on by two columns: sum `f` is finished and stored, `s` starts. */
    .macro STEP f, s
    COLUMN
    MIDDLE_COLUMN \f
    COLUMN
    FINISH_COLUMN \f
    START_COLUMN \s
    FINISH  \f
    .endm

lines:
    str     lr, [sp, #RETURN]
    ldr     r10, [sp, #OUTPUT]
1:  ldr     r11, [sp, #SPAN]
    ldr     r8, [sp, #FRONT]
    ldr     r9, [sp, #BEFORE]
    add     r11, r11, r10
    str     r11, [sp, #END]
    cmp     r9, #0
    bne     2f
    COLUMN                                  /* the image begins here */
    START_COLUMN r8
2:  ldr     r11, [sp, #ENTRY]               /* 0, 1: that step first; 2: none, one output */
    cmp     r11, #1
    blo     3f
    bhi     5f
    mov     r9, r8
    b       4f
3:  STEP    r8, r9
4:  STEP    r9, r8
    ldr     r11, [sp, #END]
    cmp     r10, r11
    bne     3b
5:  COLUMN
    MIDDLE_COLUMN r8
    ldr     r11, [sp, #BACK]
    ldr     r12, [sp, #BEHIND]
    cmp     r12, #0
    beq     7f
    add     r8, r8, r11
6:  FINISH  r8
    ldr     r11, [sp, #TO_LINE]
    ldr     r9, [sp, #COUNT]
    add     r0, r0, r11
    subs    r9, r9, #1
    str     r9, [sp, #COUNT]
    bne     1b
    str     r10, [sp, #OUTPUT]
    ldr     r12, [sp, #RETURN]
    bx      r12
7:  COLUMN                                  /* the image ends behind this one */
    FINISH_COLUMN r8
    b       6b

    CHANNELS_3X3 mcup_depthwise_3x3_stride_2, lines, 1
    .size   mcup_depthwise_3x3_stride_2, . - lines
