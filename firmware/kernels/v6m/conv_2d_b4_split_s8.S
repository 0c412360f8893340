/* Rows of B4 weights for split multiplication (mcup_split_rows.h).  A step is five bytes: skip,
 * four values. */
#include "mcup_split_rows.h"

    .macro b4 pixels
    ldrb r2, [r7]
    skip \pixels
    .irp at, 1, 2, 3, 4
    ldrb r5, [r7, #\at]
    sxtb r5, r5
    multiply_words \pixels
    .endr
    adds r7, r7, #5
    .endm

    split_rows mcup_split_b4_8, b4, 8, 168, 2
    split_rows mcup_split_b4_4, b4, 4, 96, 2
