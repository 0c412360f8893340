/* Fully connected, int8, B4 weights (mcup_pair_rows.h).  What is a pair there is a block of five
 * bytes here: delta, four values. */
#include "mcup_pair_rows.h"

    .macro b4_ahead
    ldrb r6, [r2]
    .endm

    .macro b4
    add r5, r5, r6
    ldrsb r8, [r2, #1]
    ldrsb r9, [r5]
    ldrsb r10, [r2, #2]
    ldrsb r11, [r5, #1]
    ldrsb r12, [r2, #3]
    ldrsb r0, [r5, #2]
    mla r4, r8, r9, r4
    ldrsb r8, [r2, #4]
    ldrsb r9, [r5, #3]
    ldrb r6, [r2, #5]!
    mla r4, r10, r11, r4
    mla r4, r12, r0, r4
    mla r4, r8, r9, r4
    .endm

    rows mcup_fully_connected_b4_s8, b4, 54, b4_ahead
