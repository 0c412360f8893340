/* Rows of B4 weights for split multiplication (mcup_split_rows.h).  A step is five bytes: skip,
 * four values. */
#include "mcup_split_rows.h"

    .macro b4 pixels
    skip \pixels, lr
    ldrsb r10, [r12, #1]
    multiply_words \pixels
    ldrsb r10, [r12, #2]
    multiply_words \pixels
    ldrsb r10, [r12, #3]
    multiply_words \pixels
    ldrsb r10, [r12, #4]
    multiply_words \pixels, ldrb lr, [r12, #5]!
    .endm

    split_rows mcup_split_b4_8, b4, 8, 248, ldrb lr, [r12]
    split_rows mcup_split_b4_4, b4, 4, 136, ldrb lr, [r12]
