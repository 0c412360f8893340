/* MUL of elements that follow one another in both operands, in assembly: what the instruction sets
 * have in common. */
#ifndef MCUP_MUL_ASM_H
#define MCUP_MUL_ASM_H

#ifndef __ASSEMBLER__
#include "mcup_mul.h"

/* In the order of the assembly's registers. */
typedef struct {
    int32_t a_offset; /* doubled */
    int32_t b_offset;
    int32_t round;
    int32_t multiplier;
    int32_t shift;    /* 1..22 */
} mcup_mul_constants_t;

/* Saturates to int8; size is at least 1. */
void mcup_mul_run(const mcup_mul_constants_t *, const int8_t *a, const int8_t *b, int8_t *output,
                  int32_t size);

static inline void mcup_mul_neighbours(const mcup_mul_t *layer, const int8_t *a, const int8_t *b,
                                       int8_t *output)
{
    const mcup_mul_constants_t constants = {
        .a_offset = 2 * layer->a_offset,
        .b_offset = layer->b_offset,
        .round = ((2 * layer->zero_point + 1) * (1 << layer->shift)) >> 1,
        .multiplier = layer->multiplier,
        .shift = layer->shift,
    };

    mcup_mul_run(&constants, a, b, output, layer->dims[3]);
}

/* Every line, saturated to int8. */
static inline void mcup_mul_fast(const mcup_mul_t *layer, const int8_t *a, const int8_t *b,
                                 int8_t *output)
{
    const int neighbours = layer->a_steps[3] == 1 && layer->b_steps[3] == 1;
    const int fast = neighbours && layer->shift >= 1 && layer->shift <= 22;

    mcup_mul_lines(layer, a, b, output, fast ? mcup_mul_neighbours : mcup_mul_line);
}

#else
/* The product is doubled, so that the high word of what it is multiplied to is the answer but for
 * its rounding, and with its sign, s = x >> 31, a constant does the second one, halves away from
 * zero: (x + s + (1 << (shift - 1))) >> shift.
 *
 *     r0 r1 r2    a, b, output       r3 r4     offsets of a, doubled, and b
 *     r5 r6 r7    rounding constant with the zero point, multiplier, shift
 *     r8          end of the output  r9-r11    the element
 *
 * ELEMENT: a macro of the instruction set. */
    .macro MUL_RUN
    .global mcup_mul_run
    .thumb_func
    .type   mcup_mul_run, %function
mcup_mul_run:
    ldr     r12, [sp]
    push    {r4-r11, lr}
    add     r8, r12, r3                 /* end */
    mov     r12, r0
    mov     r0, r1
    mov     r1, r2
    mov     r2, r3
    ldm     r12, {r3-r7}
1:  sub     r12, r8, r2                 /* those over four first */
    tst     r12, #3
    beq     2f
    ELEMENT
    b       1b
2:  cmp     r12, #0
    beq     4f
3:  ELEMENT
    ELEMENT
    ELEMENT
    ELEMENT
    cmp     r2, r8
    bne     3b
4:  pop     {r4-r11, pc}
    .size   mcup_mul_run, . - mcup_mul_run
    .endm
#endif

#endif
