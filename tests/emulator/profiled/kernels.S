/* Kernels that run a known number of instructions: in ARMv6-M, so that every core has them. */
    .syntax unified
    .thumb
    .text

/* toy_spin(n): 2 n + 1 instructions */
    .global toy_spin
    .type toy_spin, %function
toy_spin:
    subs r0, #1
    bne toy_spin
    bx lr

/* toy_copy(from, to, n words): 5 n + 1 instructions */
    .global toy_copy
    .type toy_copy, %function
toy_copy:
    ldmia r0!, {r3}
    stmia r1!, {r3}
    subs r2, #1
    cmp r2, #0
    bne toy_copy
    bx lr
