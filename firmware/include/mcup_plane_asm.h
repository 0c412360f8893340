/* The loops of mcup_plane.h in assembly, for cores with the whole of Thumb-2. */
#include "mcup_plane.h"

/* void \name(const mcup_sweep_t *), with two macros of the instruction set:
 *
 *     TAP_OF_FOUR   r0-r3 sums, r4 places, r5 taps, r11 and r12 strides to the second and
 *                   the fourth output
 *     STORE sum     r4 multiplier, r5 round, r6 shift, r7 output, r8 its step; r10, lr: free
 */
    .macro SWEEP_CHANNEL name
    .global \name
    .thumb_func
    .type   \name, %function
\name:
    push    {r4-r11, lr}
    sub     sp, #FRAME
    mov     r12, sp
    ldm     r0!, {r1-r9}
    stm     r12!, {r1-r9}
    ldm     r0, {r1-r8}
    stm     r12, {r1-r8}
    ldr     r11, [sp, #STRIDE]
    ldr     r0, [sp, #ENTRY]
    adr     r1, 9f
    ldr     r1, [r1, r0, lsl #2]
    str     r1, [sp, #ENTRY]
    add     r12, r11, r11, lsl #1
1:  ldr     r6, [sp, #PLACE]
    ldr     r7, [sp, #OUTPUT]
    ldr     r8, [sp, #OUTPUTS]
    str     r6, [sp, #GROUP_PLACE]
    str     r7, [sp, #GROUP_OUTPUT]
    str     r8, [sp, #LEFT]
2:  ldr     r4, [sp, #GROUP_PLACE]
    ldr     r5, [sp, #TAP]
    ldr     r0, [sp, #BIAS]
    ldr     r6, [sp, #ROWS]
    ldr     lr, [sp, #TAPS]
    add     r7, r4, r11, lsl #2
    str     r7, [sp, #GROUP_PLACE]
    mov     r1, r0
    mov     r2, r0
    mov     r3, r0
3:  str     r6, [sp, #ROWS_LEFT]
    ldr     pc, [sp, #ENTRY]
10: TAP_OF_FOUR
11: TAP_OF_FOUR
12: TAP_OF_FOUR
13: TAP_OF_FOUR
    subs    lr, lr, #4
    bgt     10b
    ldr     r6, [sp, #ROWS_LEFT]
    ldr     r7, [sp, #ROW_STEP]
    ldr     lr, [sp, #TAPS]
    add     r4, r4, r7
    subs    r6, r6, #1
    bne     3b
    add     r10, sp, #MULTIPLIER
    ldm     r10, {r4-r6}
    ldr     r7, [sp, #GROUP_OUTPUT]
    ldr     r8, [sp, #OUTPUT_STEP]
    ldr     r9, [sp, #LEFT]
    STORE   r0
    cmp     r9, #4
    blt     6f
    STORE   r1
    STORE   r2
    STORE   r3
    str     r7, [sp, #GROUP_OUTPUT]
    subs    r9, r9, #4
    str     r9, [sp, #LEFT]
    bne     2b
5:  ldr     r6, [sp, #PLACE]
    ldr     r7, [sp, #LINE_STEP]
    ldr     r8, [sp, #OUTPUT]
    ldr     r9, [sp, #OUTPUT_LINE]
    ldr     r10, [sp, #LINES]
    add     r6, r6, r7
    add     r8, r8, r9
    str     r6, [sp, #PLACE]
    str     r8, [sp, #OUTPUT]
    subs    r10, r10, #1
    str     r10, [sp, #LINES]
    bne     1b
    add     sp, #FRAME
    pop     {r4-r11, pc}
6:  cmp     r9, #2                      /* the end of a line: one to three outputs */
    blt     5b
    STORE   r1
    cmp     r9, #2
    beq     5b
    STORE   r2
    b       5b
    .balign 4
9:  .word   10b + 1, 11b + 1, 12b + 1, 13b + 1
    .size   \name, . - \name
    .endm
