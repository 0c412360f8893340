/* Fully connected, int8, N4 weights (mcup_pair_rows.h).  A pair is three bytes:
 * second delta << 4 | first delta, first value, second value. */
#include "mcup_pair_rows.h"

    .macro n4_ahead
    ldrb r6, [r2]
    .endm

    .macro n4
    and r8, r6, #15
    add r12, r5, r8
    add r5, r12, r6, lsr #4
    ldrsb r8, [r2, #1]
    ldrsb r10, [r2, #2]
    ldrsb r9, [r12]
    ldrsb r11, [r5]
    ldrb r6, [r2, #3]!
    mla r4, r8, r9, r4
    mla r4, r10, r11, r4
    .endm

    rows mcup_fully_connected_n4_s8, n4, 40, n4_ahead
