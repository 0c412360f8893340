/* Rows of N4 weights for split multiplication (mcup_split_rows.h).  A step is three bytes:
 * second skip << 4 | first skip, first value, second value */
#include "mcup_split_rows.h"

    .macro n4 pixels
    ldrb r6, [r7]
    lsls r2, r6, #28
    .if \pixels == 8
    lsrs r2, r2, #24
    .else
    lsrs r2, r2, #25
    .endif
    adds r4, r4, r2
    ldrb r5, [r7, #1]
    sxtb r5, r5
    multiply_words \pixels
    lsrs r2, r6, #4
    skip \pixels
    ldrb r5, [r7, #2]
    sxtb r5, r5
    adds r7, r7, #3
    multiply_words \pixels
    .endm

    split_rows mcup_split_n4_8, n4, 8, 96
    split_rows mcup_split_n4_4, n4, 4, 60
