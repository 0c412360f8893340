/* Rows of N4 weights for split multiplication (mcup_split_rows.h).  A step is three bytes:
 * second skip << 4 | first skip, first value, second value */
#include "mcup_split_rows.h"

    .macro n4 pixels
    and r8, lr, #15
    skip \pixels, r8
    ldrsb r10, [r12, #1]
    multiply_words \pixels
    lsr r8, lr, #4
    skip \pixels, r8
    ldrsb r10, [r12, #2]
    multiply_words \pixels, ldrb lr, [r12, #3]!
    .endm

    split_rows mcup_split_n4_8, n4, 8, 140, ldrb lr, [r12]
    split_rows mcup_split_n4_4, n4, 4, 84, ldrb lr, [r12]
