/* Rows of D8 weights for split multiplication (mcup_split_rows.h).  A step is a word:
 * first value << 24 | second value << 16 | second skip << 8 | first skip */
#include "mcup_split_rows.h"

    .macro d8 pixels
    ldm r7!, {r6}
    uxtb r2, r6
    skip \pixels
    asrs r5, r6, #24
    multiply_words \pixels
    rev16 r6, r6
    uxtb r2, r6
    skip \pixels
    asrs r5, r6, #24
    multiply_words \pixels
    .endm

    split_rows mcup_split_d8_8, d8, 8, 92
    split_rows mcup_split_d8_4, d8, 4, 56
