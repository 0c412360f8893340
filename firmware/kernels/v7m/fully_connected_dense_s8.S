/* Fully connected, int8, dense weights: four rows times a column; each input is loaded once.
 *
 *     void mcup_dot_4(const int8_t *column, const int8_t *weights, int32_t inputs, int32_t sums[4])
 *
 * with the registers
 *
 *     r0 r1        column, end of the column
 *     r2 r4 - r6   the four rows
 *     r7 r8 - r10  sums
 *     r11 r12 lr   weights
 *     r3           input
 *
 * The loop takes four inputs and is entered behind those that a column has not. */
    .syntax unified
    .thumb
    .text

    .macro input
    ldrsb r3, [r0], #1
    ldrsb r11, [r2], #1
    ldrsb r12, [r4], #1
    ldrsb lr, [r5], #1
    mla r7, r3, r11, r7
    ldrsb r11, [r6], #1
    mla r8, r3, r12, r8
    mla r9, r3, lr, r9
    mla r10, r3, r11, r10
    .endm

    .equ INPUT_CODE, 36         /* bytes of it */

    .balign 4
    .global mcup_dot_4
    .thumb_func
    .type mcup_dot_4, %function
mcup_dot_4:
    push {r3-r11, lr}
    add r4, r1, r2
    add r5, r4, r2
    add r6, r5, r2
    and r3, r2, #3              /* inputs mod 4 */
    adr r12, 2f
    add r12, r12, #1
    mov r11, #INPUT_CODE
    mls r12, r3, r11, r12
    mov r3, r1
    add r1, r0, r2
    mov r2, r3
    movs r7, #0
    mov r8, r7
    mov r9, r7
    mov r10, r7
    bx r12
    .balign 4
1:  .rept 4
    input
    .endr
2:  cmp r0, r1
    bne 1b

    pop {r3}
    stm r3, {r7-r10}
    pop {r4-r11, pc}
    .size mcup_dot_4, . - mcup_dot_4
