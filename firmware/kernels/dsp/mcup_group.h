/* Sparse convolution on Cortex-M4, M7 and M33: a weight is decoded once for a group of eight or
 * four output pixels.
 *
 * The inputs of a group's pixels are packed into window->column, `2 * window->pixels` bytes per
 * input, where assembly (mcup_group_rows.h) multiplies them by every row.  A group of fewer
 * pixels has some of them twice: its pixels are
 *
 *     0, near, 2 near, ...    and    far, far + near, far + 2 near, ...    half of the group each
 *
 * with near and far chosen so that all of them exist. */
#ifndef MCUP_GROUP_H
#define MCUP_GROUP_H

#include "mcup_bytes.h"
#include "mcup_matrix.h"

/* In several kernels' files; the linker keeps one. */
#define MCUP_SHARED __attribute__((weak))

/* Assembly knows the layout of the two structs up to the line. */
typedef struct {
    const uint8_t *buffer;   /* packed inputs, less one step: indices count from -1 */
    const mcup_row_t *row;
    const mcup_row_t *last;  /* behind the last row */
    int8_t *output;          /* pixel 0, row 0 */
    int32_t near;            /* bytes of output from a pixel to the next of its half */
    int32_t far;             /* from one half to the other */
    int32_t rounding;        /* 2 * zero point + 1 */
    const uint8_t *stream;
    /* ---------------- */
    const mcup_matrix_t *matrix;
    int half;                /* 4 or 2 pixels */
} mcup_group_t;

typedef struct {
    const int8_t *a;         /* of the first half's pixel */
    const int8_t *b;
    uint32_t *to;
    int32_t step;            /* bytes from word to word */
    int32_t count;           /* bytes of a run */
    int32_t runs;
    int32_t from_skip;       /* bytes from run to run, in a and b */
    int32_t to_skip;
    /* ---------------- */
} mcup_pack_t;

typedef void mcup_group_rows_t(const mcup_group_t *);
typedef void mcup_group_pack_t(const mcup_pack_t *);

mcup_group_pack_t mcup_group_pack_long, mcup_group_pack_wide, mcup_group_pack_quads;

/* The outputs of a row whose shift assembly leaves alone.  sums: without bias, pixels 0, far,
 * near, far + near, ... */
void mcup_group_finish(const mcup_group_t *group, const mcup_row_t *row, const int32_t *sums,
                       int8_t *output);

MCUP_SHARED void mcup_group_finish(const mcup_group_t *group, const mcup_row_t *row,
                                   const int32_t *sums, int8_t *output)
{
    for (int i = 0; i < 2 * group->half; i++) {
        int8_t *const to = output + (i / 2) * group->near + (i % 2) * group->far;
        *to = mcup_finish_row(group->matrix, row, sums[i] + row->bias);
    }
}

static inline mcup_group_t mcup_group(const mcup_matrix_t *matrix)
{
    return (mcup_group_t){
        .row = matrix->row,
        .last = matrix->row + matrix->rows,
        .rounding = 2 * matrix->zero_point + 1,
        .stream = matrix->stream,
        .matrix = matrix,
    };
}

#endif
