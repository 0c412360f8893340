/* Depthwise 3x3, stride 1: in the assembly beside this file. */
#include "mcup_clamp.h"
#include "mcup_depthwise_3x3.h"

void mcup_depthwise_conv_2d_3x3_s8(const mcup_depthwise_plane_t *layer, const int8_t *input,
                                   int8_t *output)
{
    const mcup_window_t *w = &layer->depthwise.window;
    const mcup_matrix_t *m = &layer->depthwise.matrix;

    mcup_depthwise_3x3(layer, input, output);
    mcup_clamp_outputs(output, w->output_height * w->output_width * m->rows, m->least, m->most);
}
