/* Four windows side by side, three wide, in quads, times all rows:
 *
 *     columns   planes of four channels of a line: {Y, X} a column, `pitch` bytes from plane to plane
 *     weights   three quads a plane
 */
#include "mcup_quads_asm.h"

        .macro  plane name, apart
\name:
        quad    16, \apart, 16
        quad    8, \apart, 8
        quad    0, \apart, 0, 0, 24
        next_plane \name
        .endm

        windows mcup_lines_four_windows, 8
