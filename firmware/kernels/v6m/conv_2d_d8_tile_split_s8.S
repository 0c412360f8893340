/* Rows of D8 weights over tiles for split multiplication (mcup_split_rows.h), and the packing of
 * tiles.  A step is a word: first value << 24 | second value << 16 | second delta << 8 | first
 * delta; deltas count words. */
    .equ TILE, 1
#include "mcup_split_rows.h"

/* multiply_words leaves r4 behind its four words */
    .macro d8_tile_entry pixels
    uxtb r2, r6
    lsls r2, r2, #2
    adds r4, r4, r2
    asrs r5, r6, #24
    multiply_words \pixels
    subs r4, r4, #16
    .endm

    .macro d8_tile pixels
    ldm r7!, {r6}
    d8_tile_entry \pixels
    rev16 r6, r6
    d8_tile_entry \pixels
    .endm

    split_rows mcup_split_d8_tile_8, d8_tile, 8, 96

/* mcup_split_pack_runs(const int8_t *a, const int8_t *b, uint32_t *to, int32_t count, int32_t step,
 *                      int32_t runs) */
    .macro pack_word
    ldrsb r4, [r0, r7]
    ldrsb r5, [r1, r7]
    lsls r5, r5, #16
    adds r4, r4, r5
    adds r4, r4, r6
    str r4, [r2]
    add r2, r2, r12
    adds r7, r7, #1
    .endm

    .balign 4
    .global mcup_split_pack_runs
    .thumb_func
    .type mcup_split_pack_runs, %function
mcup_split_pack_runs:
    push {r4-r7, lr}
    ldr r4, [sp, #20]           /* step */
    mov r12, r4
    ldr r6, =0x00800081         /* 128 and 129 */
0:  mov lr, r2
    movs r7, #0                 /* place */
    subs r3, r3, #3
    ble 2f
1:  .rept 4
    pack_word
    .endr
    cmp r7, r3
    blt 1b
2:  adds r3, r3, #3
    b 4f
3:  pack_word
4:  cmp r7, r3
    blt 3b
    adds r0, r0, r7
    adds r1, r1, r7
    mov r2, lr
    adds r2, r2, #4
    ldr r4, [sp, #24]           /* runs */
    subs r4, r4, #1
    str r4, [sp, #24]
    bne 0b
    pop {r4-r7, pc}
    .ltorg
    .size mcup_split_pack_runs, . - mcup_split_pack_runs
