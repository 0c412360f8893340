/* Rows of D8 weights over tiles for split multiplication (mcup_split_rows.h), and the packing of
 * tiles.  A step is four bytes: first delta, second delta, second value, first value; deltas count
 * words. */
    .equ TILE, 1
#include "mcup_split_rows.h"

    .macro d8_tile pixels
    add r11, r11, lr, lsl #2
    ldrsb r10, [r12, #3]
    multiply_words \pixels, ldrb lr, [r12, #1]
    add r11, r11, lr, lsl #2
    ldrsb r10, [r12, #2]
    multiply_words \pixels, ldrb lr, [r12, #4]!
    .endm

    split_rows mcup_split_d8_tile_8, d8_tile, 8, 136, ldrb lr, [r12]

/* mcup_split_pack_runs(const int8_t *a, const int8_t *b, uint32_t *to, int32_t count, int32_t step,
 *                      int32_t runs) */
    .balign 4
    .global mcup_split_pack_runs
    .thumb_func
    .type mcup_split_pack_runs, %function
mcup_split_pack_runs:
    push {r4-r11, lr}
    ldr r12, [sp, #36]          /* step */
    movw lr, #129
    movt lr, #128
0:  push {r2, r3}
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
    add r5, r5, lr
    add r6, r6, lr
    add r7, r7, lr
    add r4, r4, lr
    str r4, [r2]
    str r5, [r2, r12]
    str r6, [r2, r12, lsl #1]
    add r2, r2, r12, lsl #2
    sub r4, r2, r12
    str r7, [r4]
    subs r3, r3, #4
    bge 1b
2:  adds r3, r3, #4
    beq 4f
3:  ldrsb r4, [r0], #1
    ldrsb r8, [r1], #1
    add r4, r4, r8, lsl #16
    add r4, r4, lr
    str r4, [r2]
    add r2, r2, r12
    subs r3, r3, #1
    bne 3b
4:  pop {r2, r3}
    add r2, r2, #4
    ldr r4, [sp, #40]           /* runs */
    subs r4, r4, #1
    str r4, [sp, #40]
    bne 0b
    pop {r4-r11, pc}
    .size mcup_split_pack_runs, . - mcup_split_pack_runs
