/* Rows of dense weights for split multiplication (mcup_split_rows.h).  A step is a word of four
 * weights, the first one highest. */
#include "mcup_split_rows.h"

    .macro dense pixels
    ldm r7!, {r6}
    .rept 3
    asrs r5, r6, #24
    lsls r6, r6, #8
    multiply_words \pixels
    .endr
    asrs r5, r6, #24
    multiply_words \pixels
    .endm

    split_rows mcup_split_dense_8, dense, 8, 160, 2
    split_rows mcup_split_dense_4, dense, 4, 88, 2
