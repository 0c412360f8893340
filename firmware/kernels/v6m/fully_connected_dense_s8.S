/* Fully connected, int8, dense weights: four rows times a column; each input is loaded once.
 *
 *     void mcup_dot_4(const int8_t *column, const int8_t *weights, int32_t inputs, int32_t sums[4])
 *
 * with the registers
 *
 *     r0             place in the rows, from minus their length up to 0
 *     r1 r2 - r5     ends of the column and of the four rows
 *     r6 r7          input, weight
 *     r8 - r11       sums
 *
 * The loop takes four inputs and is entered behind those that a column has not. */
    .syntax unified
    .thumb
    .text

    .macro multiply weights, sum
    ldrsb r7, [\weights, r0]
    muls r7, r6, r7
    add \sum, \sum, r7
    .endm

    .equ INPUT_CODE, 28         /* bytes of what an input takes */

    .balign 4
    .global mcup_dot_4
    .thumb_func
    .type mcup_dot_4, %function
mcup_dot_4:
    push {r3-r7, lr}
    mov r4, r8
    mov r5, r9
    mov r6, r10
    mov r7, r11
    push {r4-r7}
    movs r6, #3
    ands r6, r2                 /* inputs mod 4 */
    movs r7, #INPUT_CODE
    muls r6, r7, r6
    ldr r7, =2f + 1
    subs r7, r7, r6
    adds r0, r0, r2
    mov r12, r0
    rsbs r0, r2, #0
    adds r2, r1, r2
    subs r3, r2, r0
    subs r4, r3, r0
    subs r5, r4, r0
    mov r1, r12
    movs r6, #0
    mov r8, r6
    mov r9, r6
    mov r10, r6
    mov r11, r6
    bx r7
    .balign 4
1:  .rept 4
    ldrsb r6, [r1, r0]
    multiply r2, r8
    multiply r3, r9
    multiply r4, r10
    multiply r5, r11
    adds r0, r0, #1
    .endr
2:  cmp r0, #0
    bne 1b

    ldr r0, [sp, #16]           /* sums */
    mov r1, r8
    mov r2, r9
    mov r3, r10
    mov r4, r11
    stm r0!, {r1-r4}
    pop {r4-r7}
    mov r8, r4
    mov r9, r5
    mov r10, r6
    mov r11, r7
    pop {r3-r7, pc}
    .ltorg
    .size mcup_dot_4, . - mcup_dot_4
