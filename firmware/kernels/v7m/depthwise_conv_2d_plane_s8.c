/* Depthwise convolution of any shape: a byte for each place and each weight, in the assembly beside
 * this file. */
#include "mcup_clamp.h"

typedef int8_t mcup_place_t;
typedef int8_t mcup_tap_t;

static inline int8_t mcup_place(int8_t input)
{
    return input;
}

#include "mcup_plane.h"

void mcup_sweep_bytes(const mcup_sweep_t *);

static void lay_bytes(int8_t *tap, const int8_t *weight, int32_t rows, int32_t row_step,
                      int32_t count, int32_t step)
{
    for (; rows > 0; rows--, weight += row_step) {
        const int8_t *w = weight;
        for (int32_t i = count; i > 0; i--, w += step) {
            *tap++ = *w;
        }
    }
}

void mcup_depthwise_conv_2d_plane_s8(const mcup_depthwise_conv_2d_t *layer, const int8_t *input,
                                     int8_t *output)
{
    const mcup_window_t *w = &layer->window;
    const mcup_matrix_t *m = &layer->matrix;

    mcup_depthwise_plane(layer, input, output, 1, lay_bytes, mcup_sweep_bytes);
    mcup_clamp_outputs(output, w->output_height * w->output_width * m->rows, m->least, m->most);
}
