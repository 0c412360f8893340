/* ADD and SUB of elements that follow one another in both operands, in assembly: what the
 * instruction sets have in common. */
#ifndef MCUP_ADD_ASM_H
#define MCUP_ADD_ASM_H

#ifndef __ASSEMBLER__
#include "mcup_add.h"

/* In the order of the assembly's registers.  Here `a` is the operand of the larger scale, which is
 * only halved. */
typedef struct {
    int32_t a_offset; /* << 20, minus that where `a` is subtracted */
    int32_t b_offset; /* << 21 */
    int32_t b_round;
    int32_t b_multiplier;
    int32_t b_shift;  /* 0: the operands have one scale, both are halved, and a_offset is of both:
                         their sum or difference */
    int32_t shift;    /* 1..22 */
    int32_t round;
    int32_t multiplier;
} mcup_add_constants_t;

/* a + b, a - b and b - a; saturate to int8, size is at least 1. */
typedef void mcup_add_run_t(const mcup_add_constants_t *, const int8_t *a, const int8_t *b,
                            int8_t *output, int32_t size);
mcup_add_run_t mcup_add_run, mcup_sub_run, mcup_sub_from_run;

/* run: sign is that of the layer's second operand; swapped: of the operands in each other's place */
static inline void mcup_add_neighbours_by(const mcup_add_t *layer, const int8_t *a, const int8_t *b,
                                          int8_t *output, int sign, mcup_add_run_t *run,
                                          mcup_add_run_t *swapped_run)
{
    const int swapped = layer->a_shift != 0;
    const int32_t a_offset = swapped ? sign * layer->b_offset : layer->a_offset;
    const int32_t b_offset = swapped ? layer->a_offset : layer->b_offset;
    const int32_t b_shift = swapped ? layer->a_shift : layer->b_shift;
    const mcup_add_constants_t constants = {
        .a_offset = (b_shift ? a_offset : a_offset + sign * b_offset) * (1 << 20),
        .b_offset = b_offset * (1 << 21),
        .b_round = b_shift ? 1 << (b_shift - 1) : 0,
        .b_multiplier = swapped ? layer->a_multiplier : layer->b_multiplier,
        .b_shift = b_shift,
        .shift = layer->shift,
        .round = ((2 * layer->zero_point + 1) * (1 << layer->shift)) >> 1,
        .multiplier = layer->multiplier,
    };

    (swapped ? swapped_run : run)(&constants, swapped ? b : a, swapped ? a : b, output,
                                  layer->dims[3]);
}

static inline void mcup_add_neighbours(const mcup_add_t *layer, const int8_t *a, const int8_t *b,
                                       int8_t *output)
{
    mcup_add_neighbours_by(layer, a, b, output, 1, mcup_add_run, mcup_add_run);
}

static inline void mcup_sub_neighbours(const mcup_add_t *layer, const int8_t *a, const int8_t *b,
                                       int8_t *output)
{
    mcup_add_neighbours_by(layer, a, b, output, -1, mcup_sub_run, mcup_sub_from_run);
}

#else
/* The operand of the larger scale is only halved, by multiplier 2^30 and shift 0: it becomes
 * (a + offset) << 19.  The other one, and the sum, are multiplied and shifted right, rounded both
 * times.  These roundings are not symmetric: a difference subtracts what is rounded, and which of
 * the operands that is makes two programs of it.  All of it is doubled, so that the high word of a
 * product is the answer but for its rounding; and with the sign of the number, s = x >> 31, a
 * constant does the second one:
 *
 *     x / 2^e, halves away from zero  =  (x + s + (1 << (e - 1))) >> e
 *
 *     r0 r1 r2   a, b, output         r3 r4      offsets of a and b, at their place
 *     r5 r6 r7   b: rounding constant, multiplier, shift
 *     r8 r9 r10  sum: shift, rounding constant with the zero point, multiplier
 *     r11 r12 lr the element          [sp]       end of the output
 *
 * ELEMENT both_halved, take_a, take_b: a macro of the instruction set; take_a and take_b are `add`
 * or `sub`. */

/* Four elements at a time; first come those that are over. */
    .macro RUN both_halved, take_a, take_b
1:  ldr     r12, [sp]
    sub     r12, r12, r2
    tst     r12, #3
    beq     2f
    ELEMENT \both_halved, \take_a, \take_b
    b       1b
2:  cmp     r12, #0
    beq     4f
3:  .rept   4
    ELEMENT \both_halved, \take_a, \take_b
    .endr
    ldr     r12, [sp]
    cmp     r2, r12
    bne     3b
4:  pop     {r3-r11, pc}
    .endm

    .macro ENTER name
    .global \name
    .thumb_func
    .type   \name, %function
\name:
    ldr     r12, [sp]
    add     r12, r12, r3                /* end */
    push    {r4-r11, lr}
    push    {r12}
    mov     lr, r3
    mov     r12, r0
    mov     r0, r1
    mov     r1, r2
    mov     r2, lr
    ldm     r12, {r3-r10}
    .endm

/* Of operands of any scales. */
    .macro RUN_ANY name, take_a, take_b
    ENTER   \name
    cmp     r7, #0                      /* both are halved */
    beq     10f
    RUN     0, \take_a, \take_b
10: RUN     1, \take_a, \take_b
    .size   \name, . - \name
    .endm

/* Of two scales. */
    .macro RUN_SCALED name, take_a, take_b
    ENTER   \name
    RUN     0, \take_a, \take_b
    .size   \name, . - \name
    .endm
#endif

#endif
