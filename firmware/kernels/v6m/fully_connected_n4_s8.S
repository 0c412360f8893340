/* Fully connected, int8, N4 weights (mcup_pair_rows.h).  A pair is three bytes:
 * second delta << 4 | first delta, first value, second value. */
#include "mcup_pair_rows.h"

    .macro n4_value at
    ldrb r4, [r3, #\at]
    sxtb r4, r4
    ldrsb r5, [r1, r6]
    muls r4, r5, r4
    adds r0, r0, r4
    .endm

    .macro n4 i
    ldrb r2, [r3, #(3 * \i)]
    lsls r4, r2, #28
    lsrs r4, r4, #28
    adds r1, r1, r4
    n4_value (3 * \i + 1)
    lsrs r2, r2, #4
    adds r1, r1, r2
    n4_value (3 * \i + 2)
    .endm

    rows mcup_fully_connected_n4_s8, n4, 3, 32
