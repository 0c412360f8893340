/* Fully connected, int8, D8 weights (mcup_pair_rows.h).  A pair is four bytes: delta, value,
 * delta, value. */
#include "mcup_pair_rows.h"

    .macro d8_entry at
    ldrb r2, [r3, #\at]
    adds r1, r1, r2
    ldrb r4, [r3, #(\at + 1)]
    sxtb r4, r4
    ldrsb r5, [r1, r6]
    muls r4, r5, r4
    adds r0, r0, r4
    .endm

    .macro d8 i
    d8_entry (4 * \i)
    d8_entry (4 * \i + 2)
    .endm

    rows mcup_fully_connected_d8_s8, d8, 4, 28
