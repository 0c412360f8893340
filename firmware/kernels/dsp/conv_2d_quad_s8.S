/* Four columns in quads times all rows, the quads of four columns together:
 *
 *     columns   {Y0, X0, Y1, X1, Y2, X2, Y3, X3} a quad, an even number of quads
 */
#include "mcup_quads_asm.h"

        function mcup_quads_four_pixels
next_rows:
        start_rows
next_quads:
        quad    32, 8, 8
        quad    0, 8, 0, 64, 16
        ldr     lr, [sp, #COLUMNS_END]
        cmp     r12, lr
        bne     next_quads
        finish_rows next_rows
        end     mcup_quads_four_pixels
