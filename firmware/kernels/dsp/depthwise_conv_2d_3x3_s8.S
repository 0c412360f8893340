/* Depthwise 3x3, stride 1: each input column is read once and multiplied into three sums.
 *
 * A step reads the column behind the one in the middle of an output, which is the middle of the
 * next and the first of the one after it; so three sums rotate through r8-r10: the one that is
 * finished, the middle one, the one that starts.
 *
 *     r0       input column; outputs lie OUTPUT bytes behind it
 *     r1 r2    bytes to the next line, to the next column
 *     r3-r7    taps and shift (mcup_depthwise_3x3_dsp.h)
 *     r11 r12  a column
 *     lr       bias
 */
#include "mcup_depthwise_3x3_dsp.h"

    .syntax unified
    .thumb
    .text

/* Go on by a column: sum `f` is finished and stored, `m` comes to its middle, `s` starts.
 * The last step of the unrolled loop brings END into r12. */
    .macro STEP f, m, s, last=0
    COLUMN  r11, r12, \s
    smlad   \f, r11, r5, \f
    smlad   \m, r11, r4, \m
    smlad   \s, r11, r3, lr
    smlabt  \f, r12, r7, \f
    smlabt  \m, r12, r6, \m
    smlabb  \s, r12, r6, \s
    REQUANTIZE \f, r11, r12
    ldr     r11, [sp, #OUTPUT]
    .if \last
    ldr     r12, [sp, #END]
    .endif
    asr     \f, \f, r7
    ssat    \f, #8, \f
    strb    \f, [r0, r11]
    .endm

lines:
    ENTER_LINES
1:  ldr     r9, [sp, #SPAN]
    ldr     r8, [sp, #FRONT]
    ldr     r10, [sp, #BEFORE]
    add     r9, r9, r0
    str     r9, [sp, #END]
    cmp     r10, #0
    beq     7f
2:  COLUMN  r11, r12, r10
    smlad   r8, r11, r4, r8
    smlabt  r8, r12, r6, r8
    smlad   r9, r11, r3, lr
    smlabb  r9, r12, r6, r9
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
16: STEP    r10, r8, r9, last=1
    cmp     r0, r12
    bne     4b
6:  ldr     r11, [sp, #BACK]
    ldr     r12, [sp, #BEHIND]
    cmp     r12, #0
    beq     8f
    add     r8, r8, r11
    add     r0, r0, r2
9:  REQUANTIZE r8, r11, r12
    ldr     r11, [sp, #OUTPUT]
    ldr     r10, [sp, #TO_LINE]
    ldr     r9, [sp, #COUNT]
    asr     r8, r8, r7
    ssat    r8, #8, r8
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
    COLUMN  r11, r12, r10
    smlad   r8, r11, r3, lr
    smlabb  r8, r12, r6, r8
    b       2b
/* It ends here: a real column instead of the constant. */
8:  COLUMN  r11, r12, r10
    smlad   r8, r11, r5, r8
    smlabt  r8, r12, r7, r8
    b       9b

    CHANNELS_3X3 mcup_depthwise_3x3_stride_1, lines, 0
    .size   mcup_depthwise_3x3_stride_1, . - lines
