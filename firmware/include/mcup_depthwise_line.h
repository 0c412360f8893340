/* Depthwise convolution by windows of 3x1 and 1x3, stride 1, one line of one channel at a time.
 *
 * Three inputs slide through a line: what an output needs of the one behind it has been read before
 * the output is written.  So the output may take the input's memory: outputs of a channel lie where
 * inputs of it were, no farther on, and other channels lie elsewhere.
 */
#ifndef MCUP_DEPTHWISE_LINE_H
#define MCUP_DEPTHWISE_LINE_H

#include "mcup_matrix.h"

/* A line of one channel.  Where it has a margin, the input's zero point is before and behind it. */
typedef struct {
    const int8_t *input;
    int8_t *output;
    int32_t step;          /* bytes to the next input, and to the next output */
    int32_t outputs;
    int32_t margin;        /* 0 or 1 */
    int8_t fill;           /* the zero point */
    const int8_t *taps;    /* three */
    const mcup_row_t *row;
} mcup_line_t;

typedef void mcup_line_outputs_t(const mcup_depthwise_conv_2d_t *layer, const mcup_line_t *line);

/* Every line of every channel. */
static inline void mcup_depthwise_line(const mcup_depthwise_conv_2d_t *layer, const int8_t *input,
                                       int8_t *output, mcup_line_outputs_t *outputs)
{
    const mcup_window_t *w = &layer->window;
    const int32_t along_y = w->kernel_height == 3;
    const int32_t lines = along_y ? w->output_width : w->output_height;
    const int32_t from_line = along_y ? w->channels : w->input_width * w->channels;
    const int32_t to_line = along_y ? w->channels : w->output_width * w->channels;
    mcup_line_t line = {
        .step = along_y ? w->input_width * w->channels : w->channels,
        .outputs = along_y ? w->output_height : w->output_width,
        .margin = along_y ? w->top : w->left,
        .fill = w->fill,
        .taps = (const int8_t *)layer->matrix.stream,
        .row = layer->matrix.row,
    };

    for (int32_t channel = 0; channel < w->channels; channel++, line.taps += 3, line.row++) {
        line.input = input + channel;
        line.output = output + channel;
        for (int32_t i = 0; i < lines; i++) {
            outputs(layer, &line);
            line.input += from_line;
            line.output += to_line;
        }
    }
}

/* What the assembly of an instruction set computes a line from.  Taps and the bias are doubled, and
 * so is a sum: then the upper half of its product with the multiplier is rounded once. */
typedef struct {
    const int8_t *input;   /* the first one that is under two taps of an output, or more */
    intptr_t output;       /* two steps before what the input behind that one completes */
    int32_t step;
    int32_t started;       /* bias + tap 0 * the input before */
    int32_t tap_0;
    int32_t tap_1;
    int32_t bias;
    int32_t multiplier;
    int32_t round;         /* (zero point << shift) + (1 << (shift - 1)) */
    int32_t count;         /* outputs that an input completes */
    int32_t shift;         /* 1..22 */
    int32_t tap_2;
    int32_t margin;        /* whether there is one more output, which `behind` completes */
    int32_t behind;        /* tap 2 * the zero point of the input */
} mcup_line_sums_t;

void mcup_depthwise_line_sums(const mcup_line_sums_t *);

static inline void mcup_line_outputs(const mcup_depthwise_conv_2d_t *layer, const mcup_line_t *line)
{
    const int32_t first = line->margin ? line->fill : *line->input;
    const int32_t bias = 2 * line->row->bias;
    const int shift = line->row->shift;

    mcup_depthwise_line_sums(&(mcup_line_sums_t){
        .input = line->input + (line->margin ? 0 : line->step),
        .output = (intptr_t)line->output - 2 * line->step,
        .step = line->step,
        .started = bias + 2 * line->taps[0] * first,
        .tap_0 = 2 * line->taps[0],
        .tap_1 = 2 * line->taps[1],
        .bias = bias,
        .multiplier = line->row->multiplier,
        .round = ((2 * layer->matrix.zero_point + 1) * (1 << shift)) >> 1,
        .count = line->outputs - line->margin,
        .shift = shift,
        .tap_2 = 2 * line->taps[2],
        .margin = line->margin,
        .behind = 2 * line->taps[2] * line->fill,
    });
}

#endif
