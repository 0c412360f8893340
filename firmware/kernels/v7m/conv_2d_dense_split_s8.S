/* Rows of dense weights for split multiplication (mcup_split_rows.h).  A step is a word of four
 * weights, the first one highest. */
#include "mcup_split_rows.h"

    .macro dense pixels
    ldrsb r10, [r12, #3]
    multiply_words \pixels
    ldrsb r10, [r12, #2]
    multiply_words \pixels
    ldrsb r10, [r12, #1]
    multiply_words \pixels
    ldrsb r10, [r12], #4
    multiply_words \pixels
    .endm

    split_rows mcup_split_dense_8, dense, 8, 240
    split_rows mcup_split_dense_4, dense, 4, 128
