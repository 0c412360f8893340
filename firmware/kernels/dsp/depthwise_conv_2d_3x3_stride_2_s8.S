/* Depthwise 3x3, stride 2: an output reads three columns, the last of which is the first of the
 * next output.
 *
 *     r0       input column
 *     r1 r2    bytes to the next line, to the next column
 *     r3-r7    taps and shift (mcup_depthwise_3x3_dsp.h)
 *     r8 r9    sums: the one that is finished, the one that starts
 *     r10 r11  a column
 *     r12      output
 *     lr       bias
 */
#include "mcup_depthwise_3x3_dsp.h"

    .syntax unified
    .thumb
    .text

    .macro FINISH sum
    REQUANTIZE \sum, r10, r11
    asr     \sum, \sum, r7
    ssat    \sum, #8, \sum
    strb    \sum, [r12]
    add     r12, r12, r2
    .endm

/* Go on by two columns: sum `f` is finished and stored, `s` starts. */
    .macro STEP f, s
    COLUMN  r10, r11, \s
    smlad   \f, r10, r4, \f
    smlabt  \f, r11, r6, \f
    COLUMN  r10, r11, \s
    smlad   \f, r10, r5, \f
    smlabt  \f, r11, r7, \f
    smlad   \s, r10, r3, lr
    smlabb  \s, r11, r6, \s
    FINISH  \f
    .endm

lines:
    ENTER_LINES
    ldr     r12, [sp, #OUTPUT]
1:  ldr     r10, [sp, #SPAN]
    ldr     r8, [sp, #FRONT]
    ldr     r9, [sp, #BEFORE]
    add     r10, r10, r12
    str     r10, [sp, #END]
    cmp     r9, #0
    bne     2f
    COLUMN  r10, r11, r9                    /* the image begins here */
    smlad   r8, r10, r3, lr
    smlabb  r8, r11, r6, r8
2:  ldr     r10, [sp, #ENTRY]               /* 0, 1: that step first; 2: none, one output */
    cmp     r10, #1
    blo     3f
    bhi     5f
    mov     r9, r8
    b       4f
3:  STEP    r8, r9
4:  STEP    r9, r8
    ldr     r10, [sp, #END]
    cmp     r12, r10
    bne     3b
5:  COLUMN  r10, r11, r9
    smlad   r8, r10, r4, r8
    smlabt  r8, r11, r6, r8
    ldr     r11, [sp, #BACK]
    ldr     r10, [sp, #BEHIND]
    cmp     r10, #0
    beq     7f
    add     r8, r8, r11
6:  FINISH  r8
    ldr     r10, [sp, #TO_LINE]
    ldr     r9, [sp, #COUNT]
    add     r0, r0, r10
    subs    r9, r9, #1
    str     r9, [sp, #COUNT]
    bne     1b
    str     r12, [sp, #OUTPUT]
    ldr     r10, [sp, #RETURN]
    bx      r10
7:  COLUMN  r10, r11, r9                    /* the image ends behind this one */
    smlad   r8, r10, r5, r8
    smlabt  r8, r11, r7, r8
    b       6b

    CHANNELS_3X3 mcup_depthwise_3x3_stride_2, lines, 1
    .size   mcup_depthwise_3x3_stride_2, . - lines
