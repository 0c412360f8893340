/* The rows of fully_connected_b4_s8.c.  What mcup_column_rows.h calls a pair is a block here. */
#include "mcup_column_rows.h"

/* B4: {delta, four values} */
    .equ    AHEAD_B4, 5
    .macro  FIRST_B4
    ldrb    r6, [r2, #-5]
    .endm

    .macro  PAIR_B4
    add     r5, r5, r6
    ldr     r8, [r2, #-4]
    ldr     r9, [r5]
    ldrb    r6, [r2], #5
    sxtb16  r10, r8
    sxtb16  r11, r9
    sxtb16  r8, r8, ror #8
    sxtb16  r9, r9, ror #8
    smlad   r4, r10, r11, r4
    smlad   r4, r8, r9, r4
    .endm

/* Blocks of a row mod 8 into r8, from its bytes in r7: 5 * 5 = 1 mod 8 */
    .macro  PAIRS_B4
    add     r8, r7, r7, lsl #2
    and     r8, r8, #7
    .endm

    COLUMN_ROWS mcup_fully_connected_b4_rows, B4
