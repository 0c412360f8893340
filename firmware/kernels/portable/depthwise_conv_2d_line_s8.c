/* Depthwise convolution by windows of 3x1 and 1x3, stride 1.  Portable C: the definition that the
 * other instruction sets must match.  The output may take the input's memory. */
#include "mcup_depthwise_line.h"

static void line_outputs(const mcup_depthwise_conv_2d_t *layer, const mcup_line_t *line)
{
    const int8_t *x = line->input;
    int8_t *to = line->output;
    int8_t before = line->margin ? line->fill : *x;
    x += line->margin ? 0 : line->step;
    int8_t here = *x;

    for (int32_t left = line->outputs; left > 0; left--, to += line->step) {
        int8_t behind = line->fill;
        if (left > line->margin) {
            x += line->step;
            behind = *x;
        }
        const int32_t sum = line->row->bias + line->taps[0] * before + line->taps[1] * here
                          + line->taps[2] * behind;
        *to = mcup_finish_row(&layer->matrix, line->row, sum);
        before = here;
        here = behind;
    }
}

void mcup_depthwise_conv_2d_line_s8(const mcup_depthwise_conv_2d_t *layer, const int8_t *input,
                                    int8_t *output)
{
    mcup_depthwise_line(layer, input, output, line_outputs);
}
