/* Packing: the inputs of two pixels become words that mcup_group_rows.h multiplies by a weight at
 * once.  Assembly.
 *
 * `runs` times: `count` bytes from `a` and from `b`, word by word into `to`, `step` bytes
 * apart.  From one run to the next both sources skip `from_skip` bytes and the target
 * `to_skip`.  Nothing outside the runs is read.  In QUADS `count` is a multiple of four. */
    .syntax unified
    .thumb

/* mcup_pack_t */
    .equ    PACK_COUNT, 16
    .equ    PACK_RUNS, 20
    .equ    PACK_FROM_SKIP, 24
    .equ    PACK_TO_SKIP, 28

    .macro  PACK_LONG a, b
    add     \a, \a, \b, lsl #23
    .endm

    .macro  PACK_WIDE a, b
    pkhbt   \a, \a, \b, lsl #16
    .endm

/* Four words from r0 and r1 to r2, at r3 bytes from each other; r12: -r3 */
    .macro  PACK_FOUR lanes
    .ifc    \lanes, QUADS
    ldr     r4, [r0], #4
    ldr     r6, [r1], #4
    sxtb16  r5, r4
    sxtb16  r9, r6
    sxtb16  r10, r4, ror #8
    sxtb16  r7, r6, ror #8
    str     r9, [r2, r3]
    str     r10, [r2, r3, lsl #1]
    str     r5, [r2]
    .else
    ldrsb   r5, [r0, #1]
    ldrsb   r6, [r0, #2]
    ldrsb   r7, [r0, #3]
    ldrsb   r9, [r1, #1]
    ldrsb   r10, [r1, #2]
    ldrsb   r11, [r1, #3]
    ldrsb   r4, [r0], #4
    ldrsb   r8, [r1], #4
    PACK_\lanes r5, r9
    PACK_\lanes r6, r10
    PACK_\lanes r7, r11
    PACK_\lanes r4, r8
    str     r5, [r2, r3]
    str     r6, [r2, r3, lsl #1]
    str     r4, [r2]
    .endif
    add     r2, r2, r3, lsl #2
    str     r7, [r2, r12]
    .endm

/* void mcup_group_pack_<lanes>(const mcup_pack_t *pack): in several kernels' files, the linker
 * keeps one */
    .macro  GROUP_PACK name, lanes
    .section .text.\name, "ax", %progbits
    .balign 4
    .weak   \name
    .thumb_func
    .type   \name, %function
\name:
    push    {r4-r11, lr}
    ldr     r1, [r0, #PACK_RUNS]
    push    {r0, r1}
    ldm     r0, {r0-r3}
    rsb     r12, r3, #0
1:  /* a run */
    ldr     r4, [sp]
    ldr     lr, [r4, #PACK_COUNT]
    subs    lr, lr, #8
    blt     3f
2:  PACK_FOUR \lanes
    PACK_FOUR \lanes
    subs    lr, lr, #8
    bge     2b
3:  tst     lr, #4
    beq     4f
    PACK_FOUR \lanes
4:  .ifnc   \lanes, QUADS
    ands    lr, lr, #3
    beq     6f
5:  ldrsb   r4, [r0], #1
    ldrsb   r8, [r1], #1
    PACK_\lanes r4, r8
    str     r4, [r2]
    add     r2, r2, r3
    subs    lr, lr, #1
    bne     5b
    .endif
6:  ldrd    r4, r5, [sp]                /* pack, runs left */
    subs    r5, r5, #1
    beq     7f
    str     r5, [sp, #4]
    ldrd    r6, r7, [r4, #PACK_FROM_SKIP]
    add     r0, r0, r6
    add     r1, r1, r6
    add     r2, r2, r7
    b       1b
7:  add     sp, sp, #8
    pop     {r4-r11, pc}
    .size   \name, . - \name
    .endm
