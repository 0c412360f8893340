/* Fully connected, int8, D8 weights (mcup_pair_rows.h).  A pair is four bytes: delta, value,
 * delta, value. */
#include "mcup_pair_rows.h"

    .macro d8_ahead
    ldrb r6, [r2]
    ldrb r0, [r2, #2]
    .endm

    .macro d8
    add r12, r5, r6
    add r5, r12, r0
    ldrsb r8, [r2, #1]
    ldrsb r10, [r2, #3]
    ldrsb r9, [r12]
    ldrsb r11, [r5]
    ldrb r0, [r2, #6]
    ldrb r6, [r2, #4]!
    mla r4, r8, r9, r4
    mla r4, r10, r11, r4
    .endm

    rows mcup_fully_connected_d8_s8, d8, 38, d8_ahead
