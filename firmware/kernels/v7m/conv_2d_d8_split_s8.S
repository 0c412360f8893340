/* Rows of D8 weights for split multiplication (mcup_split_rows.h).  A step is four bytes: first
 * skip, second skip, second value, first value. */
#include "mcup_split_rows.h"

    .macro d8 pixels
    skip \pixels, lr
    ldrsb r10, [r12, #3]
    multiply_words \pixels, ldrb lr, [r12, #1]
    skip \pixels, lr
    ldrsb r10, [r12, #2]
    multiply_words \pixels, ldrb lr, [r12, #4]!
    .endm

    split_rows mcup_split_d8_8, d8, 8, 136, ldrb lr, [r12]
    split_rows mcup_split_d8_4, d8, 4, 80, ldrb lr, [r12]
