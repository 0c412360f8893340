/* Depthwise 3x3, one channel at a time: how the fast kernels see a layer, in C and in assembly.
 *
 * A line is a run of outputs, along x or along y; it reads three input lines, column after column.
 * Columns and lines outside the image cost no test in the loop: such a column is a constant, and a
 * line that sees two input lines is computed from three, its taps moved and the third one zero.  So
 * nothing outside the image is ever read; the image must be three lines high and three columns
 * wide.
 */
#ifndef MCUP_DEPTHWISE_3X3_H
#define MCUP_DEPTHWISE_3X3_H

#ifndef __ASSEMBLER__
#include "mcuprune.h"

/* In the order of the assembly's stack frame. */
typedef struct {
    int32_t line_step;      /* bytes from an input line to the next */
    int32_t column_step;
    int32_t tap_line;       /* the same of the taps */
    int32_t tap_column;
    const int8_t *input;    /* of the channel, as everything that follows it here */
    const int8_t *taps;
    const mcup_row_t *row;
    intptr_t output;        /* stride 1: bytes from the end of an input column to the output that it
                               finishes; stride 2: the first output's address */
    int32_t channels;       /* to go */
    int32_t zero_points;    /* of the input, in both halves */
    int32_t zero_twice;     /* 2 * zero point of the output + 1 */
    int32_t above;          /* output lines that see a line above the image: 0 or 1 */
    int32_t within;         /* that see only the image */
    int32_t below;          /* 0 or 1 */
    int32_t first;          /* bytes from the image to the first line within */
    int32_t last;           /* to the last three lines */
    int32_t before;         /* columns outside the image, in front and behind: 0 or 1 */
    int32_t behind;
    int32_t span;           /* bytes of a line, of input or of output, until whole steps end */
    int32_t entry;          /* into the unrolled loop */
    int32_t to_line;        /* bytes from the end of an input line to the start of the next */
    int32_t output_step;    /* stride 1, VALID: what `output` grows by from line to line */
} mcup_lines_t;

/* along_y: lines run down the image; only where all sides are padded */
static inline mcup_lines_t mcup_lines(const mcup_depthwise_conv_2d_t *layer, const int8_t *input,
                                      const int8_t *output, int along_y)
{
    const mcup_window_t *w = &layer->window;
    const int32_t pixel = w->channels;
    const int32_t row = w->input_width * pixel;
    const int32_t stride = w->stride_x;
    const int32_t right = (w->output_width - 1) * stride + 3 - w->left - w->input_width;
    const int32_t bottom = (w->output_height - 1) * stride + 3 - w->top - w->input_height;
    const int32_t below = bottom > 0;
    const int32_t columns = along_y ? w->output_height : w->output_width;
    const int32_t lines = along_y ? w->output_width : w->output_height;
    const int32_t line_step = along_y ? pixel : row;
    const int32_t column_step = along_y ? row : pixel;
    const int32_t used = stride * (columns - 1) + 3 - w->left - (right > 0); /* columns of a line */

    return (mcup_lines_t){
        .line_step = line_step,
        .column_step = column_step,
        .tap_line = along_y ? 1 : 3,
        .tap_column = along_y ? 3 : 1,
        .input = input,
        .taps = (const int8_t *)layer->matrix.stream,
        .row = layer->matrix.row,
        .channels = pixel,
        .zero_points = (int32_t)((uint16_t)w->fill * 0x10001u),
        .zero_twice = 2 * layer->matrix.zero_point + 1,
        .above = w->top,
        .within = lines - w->top - below,
        .below = below,
        .first = w->top * (stride - 1) * line_step,
        .last = ((along_y ? w->input_width : w->input_height) - 3) * line_step,
        .before = w->left,
        .behind = right > 0,
        .to_line = stride * line_step - used * column_step,
        .output = (intptr_t)output,
    };
}

/* Of the instruction set: all of a layer, saturated to int8. */
void mcup_depthwise_3x3_stride_1(const mcup_lines_t *);
void mcup_depthwise_3x3_stride_2(const mcup_lines_t *);

/* Stride 1 */
static inline void mcup_depthwise_3x3(const mcup_depthwise_plane_t *layer, const int8_t *input,
                                      int8_t *output)
{
    const mcup_window_t *w = &layer->depthwise.window;
    const int32_t columns = layer->along_y ? w->output_height : w->output_width;
    mcup_lines_t lines = mcup_lines(&layer->depthwise, input, output, layer->along_y);

    lines.span = (columns + 1 - lines.before) * lines.column_step;
    lines.to_line -= lines.behind * lines.column_step; /* the assembly steps over that column too */
    lines.entry = columns == 1 ? 3 : (4 - columns % 3) % 3;
    lines.output -= (intptr_t)input + (3 - lines.before) * lines.column_step;
    lines.output_step = (w->output_width - w->input_width) * w->channels;
    if (!lines.before) {
        lines.output -= lines.output_step;
    }
    mcup_depthwise_3x3_stride_1(&lines);
}

/* Stride 2 */
static inline void mcup_depthwise_3x3_half(const mcup_depthwise_conv_2d_t *layer,
                                           const int8_t *input, int8_t *output)
{
    const mcup_window_t *w = &layer->window;
    mcup_lines_t lines = mcup_lines(layer, input, output, 0);

    lines.span = (w->output_width - 1) * w->channels;
    lines.entry = w->output_width == 1 ? 2 : (w->output_width - 1) % 2;
    mcup_depthwise_3x3_stride_2(&lines);
}

#else
/* A copy of mcup_lines_t in the stack frame, LINES bytes above its start. */
    .equ    LINE_STEP, LINES
    .equ    TAP_LINE, LINES + 8
    .equ    INPUT, LINES + 16
    .equ    TAPS, LINES + 20
    .equ    ROW, LINES + 24
    .equ    FIRST_OUTPUT, LINES + 28
    .equ    CHANNELS, LINES + 32
    .equ    ZERO_POINTS, LINES + 36
    .equ    ZERO_TWICE, LINES + 40
    .equ    ABOVE, LINES + 44
    .equ    WITHIN, LINES + 48
    .equ    BELOW, LINES + 52
    .equ    FIRST, LINES + 56
    .equ    LAST, LINES + 60
    .equ    BEFORE, LINES + 64
    .equ    BEHIND, LINES + 68
    .equ    SPAN, LINES + 72
    .equ    ENTRY, LINES + 76
    .equ    TO_LINE, LINES + 80
    .equ    OUTPUT_STEP, LINES + 84
    .equ    FRAME, LINES + 88
#endif

#endif
