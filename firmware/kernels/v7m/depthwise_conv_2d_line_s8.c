/* Depthwise convolution by windows of 3x1 and 1x3, stride 1, on ARMv7-M: lines are in
 * the assembly beside this file.  The output may take the input's memory. */
#include "mcup_clamp.h"
#include "mcup_depthwise_line.h"

void mcup_depthwise_conv_2d_line_s8(const mcup_depthwise_conv_2d_t *layer, const int8_t *input,
                                    int8_t *output)
{
    const mcup_window_t *w = &layer->window;
    const mcup_matrix_t *m = &layer->matrix;

    mcup_depthwise_line(layer, input, output, mcup_line_outputs);
    mcup_clamp_outputs(output, w->output_height * w->output_width * m->rows, m->least, m->most);
}
