/* Fully connected, int8, B4 weights (mcup_pair_rows.h).  What is a pair there is a block of five
 * bytes here: delta, four values. */
#include "mcup_pair_rows.h"

    .macro b4_value at, place
    ldrb r4, [r3, #\at]
    sxtb r4, r4
    .if \place
    ldrb r5, [r1, #\place]
    sxtb r5, r5
    .else
    ldrsb r5, [r1, r6]
    .endif
    muls r4, r5, r4
    adds r0, r0, r4
    .endm

    .macro b4 i
    ldrb r2, [r3, #(5 * \i)]
    adds r1, r1, r2
    b4_value (5 * \i + 1), 0
    b4_value (5 * \i + 2), 1
    b4_value (5 * \i + 3), 2
    b4_value (5 * \i + 4), 3
    .endm

    rows mcup_fully_connected_b4_s8, b4, 5, 50
