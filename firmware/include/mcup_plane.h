/* Depthwise convolution of any shape: a channel at a time, from a plane of its own, four outputs at
 * a time.
 *
 * The channel is copied to a plane with a margin of the zero point, so that no window leaves it,
 * and its neighbours become neighbours in memory.  Lines of the plane run along x or y.  They are
 * long enough for a whole number of groups of four outputs; what such a group computes beyond the
 * end of a line is not stored.
 *
 * A channel has been read when its first output is written.  With one output channel per channel
 * and no more outputs than inputs, the output may take the input's memory, at its very address.
 *
 * A file that includes this one says before what a place of the plane is, mcup_place_t, how
 * mcup_place makes one of an input, and what a tap is, mcup_tap_t: one weight, or several side by
 * side.  The scratch holds the channel's taps, then the plane.
 */
#ifndef MCUP_PLANE_H
#define MCUP_PLANE_H

#ifndef __ASSEMBLER__
#include "mcuprune.h"

/* What is computed of a channel; steps are in bytes. In the order of the assembly's stack frame. */
typedef struct {
    int32_t stride;         /* in the plane, from an output to the next */
    int32_t entry;          /* into a loop of four taps: those that are left out at first */
    int32_t taps;           /* of a row of the kernel */
    int32_t rows;
    int32_t row_step;       /* from behind the places that a row saw to those of the next */
    const mcup_tap_t *tap;
    int32_t bias;
    int32_t multiplier;
    int32_t round;          /* (zero point << shift) + (1 << (shift - 1)) */
    int32_t shift;          /* 1..22 */
    int32_t output_step;
    int32_t outputs;        /* of a line */
    const mcup_place_t *place;
    int8_t *output;
    int32_t lines;
    int32_t line_step;      /* in the plane */
    int32_t output_line;    /* in the output, from line to line */
} mcup_sweep_t;

/* Every output of a channel: clamp((sum * multiplier / 2^31, rounded, + round - (1 if sum < 0)) >>
 * shift) to int8. */
typedef void mcup_sweep_channel_t(const mcup_sweep_t *);

/* Lay `rows` rows of `count` weights out as taps. */
typedef void mcup_lay_taps_t(mcup_tap_t *tap, const int8_t *weight, int32_t rows, int32_t row_step,
                             int32_t count, int32_t step);

static inline int32_t mcup_least_of(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* The window along one axis; steps in bytes of the image and of its weights. */
typedef struct {
    int32_t inputs, outputs;
    int32_t taps, weight_step;
    int32_t stride, dilation, before; /* in inputs; before: the padding */
    int32_t input_step, output_step;
} mcup_axis_t;

/* lines of count places each, `length` places apart */
static inline void mcup_copy_channel(mcup_place_t *to, int32_t length, const int8_t *input,
                                     int32_t lines, int32_t line_step, int32_t count, int32_t step)
{
    for (; lines > 0; lines--, input += line_step, to += length) {
        const int8_t *from = input;
        mcup_place_t *place = to;
        int32_t left = count;
        for (; left >= 4; left -= 4, from += 4 * step, place += 4) {
            const int8_t a = from[0], b = from[step], c = from[2 * step], d = from[3 * step];
            place[0] = mcup_place(a);
            place[1] = mcup_place(b);
            place[2] = mcup_place(c);
            place[3] = mcup_place(d);
        }
        for (; left > 0; left--, from += step) {
            *place++ = mcup_place(*from);
        }
    }
}

/* side_by_side: weights of a tap */
static inline void mcup_depthwise_plane(const mcup_depthwise_conv_2d_t *layer, const int8_t *input,
                                        int8_t *output,
                                        int32_t side_by_side, mcup_lay_taps_t *lay_taps,
                                        mcup_sweep_channel_t *sweep_channel)
{
    const mcup_window_t *w = &layer->window;
    const mcup_matrix_t *m = &layer->matrix;
    const mcup_axis_t y = {
        .inputs = w->input_height,
        .outputs = w->output_height,
        .taps = w->kernel_height,
        .weight_step = w->kernel_width,
        .stride = w->stride_y,
        .dilation = w->dilation_y,
        .before = w->top,
        .input_step = w->input_width * w->channels,
        .output_step = w->output_width * m->rows,
    };
    const mcup_axis_t x = {
        .inputs = w->input_width,
        .outputs = w->output_width,
        .taps = w->kernel_width,
        .weight_step = 1,
        .stride = w->stride_x,
        .dilation = w->dilation_x,
        .before = w->left,
        .input_step = w->channels,
        .output_step = m->rows,
    };
    const mcup_axis_t along = layer->along_y ? y : x;
    const mcup_axis_t across = layer->along_y ? x : y;
    const int32_t groups = (along.outputs + 3) / 4;
    const int32_t reach = (along.taps - 1) * along.dilation;
    const int32_t length = (4 * groups - 1) * along.stride + reach + 1;
    const int32_t lines = (across.outputs - 1) * across.stride
                        + (across.taps - 1) * across.dilation + 1;
    const int32_t taps = (along.taps + side_by_side - 1) / side_by_side;
    const int32_t copied = mcup_least_of(along.inputs, length - along.before);
    const int32_t copied_lines = mcup_least_of(across.inputs, lines - across.before);
    const int32_t size = (int32_t)sizeof(mcup_place_t);
    mcup_tap_t *tap = (mcup_tap_t *)(void *)w->column;
    mcup_place_t *plane = (mcup_place_t *)(tap + across.taps * taps);
    const int8_t *weight = (const int8_t *)m->stream;
    mcup_sweep_t sweep = {
        .stride = along.stride * size,
        .entry = -taps & 3,
        .taps = taps,
        .rows = across.taps,
        .row_step = (length * across.dilation - taps * side_by_side * along.dilation) * size,
        .tap = tap,
        .output_step = along.output_step,
        .outputs = along.outputs,
        .place = plane,
        .lines = across.outputs,
        .line_step = across.stride * length * size,
        .output_line = across.output_step,
    };

    for (int32_t i = length * lines - 1; i >= 0; i--) {
        plane[i] = mcup_place(w->fill);
    }
    for (int32_t row = 0; row < m->rows; row++, weight += m->inputs) {
        if (row % layer->multiplier == 0) {
            mcup_copy_channel(plane + across.before * length + along.before, length, input,
                              copied_lines, across.input_step, copied, along.input_step);
            input++;
        }
        lay_taps(tap, weight, across.taps, across.weight_step, along.taps, along.weight_step);
        sweep.bias = m->row[row].bias;
        sweep.multiplier = m->row[row].multiplier;
        sweep.shift = m->row[row].shift;
        sweep.round = ((2 * m->zero_point + 1) * (1 << sweep.shift)) >> 1;
        sweep.output = output + row;
        sweep_channel(&sweep);
    }
}

#else
/* The stack frame: mcup_sweep_t, then what changes from group to group, from GROUP on. */
    .equ    STRIDE, 0
    .equ    ENTRY, 4
    .equ    TAPS, 8
    .equ    ROWS, 12
    .equ    ROW_STEP, 16
    .equ    TAP, 20
    .equ    BIAS, 24
    .equ    MULTIPLIER, 28
    .equ    ROUND, 32
    .equ    SHIFT, 36
    .equ    OUTPUT_STEP, 40
    .equ    OUTPUTS, 44
    .equ    PLACE, 48
    .equ    OUTPUT, 52
    .equ    LINES, 56
    .equ    LINE_STEP, 60
    .equ    OUTPUT_LINE, 64
#ifndef GROUP
#define GROUP 68
#endif
    .equ    GROUP_PLACE, GROUP
    .equ    GROUP_OUTPUT, GROUP + 4
    .equ    LEFT, GROUP + 8             /* outputs of the line, this group included */
    .equ    ROWS_LEFT, GROUP + 12
    .equ    FRAME, GROUP + 16
#endif

#endif
