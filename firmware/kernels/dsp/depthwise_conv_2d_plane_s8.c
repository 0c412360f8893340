/* Depthwise convolution of any shape with the DSP extension: two weights at a time, in the assembly
 * beside this file. */
#include "mcup_bytes.h"

typedef int16_t mcup_place_t;
typedef uint32_t mcup_tap_t; /* two weights, doubled: so is the sum, for SMMLAR */

static inline int16_t mcup_place(int8_t input)
{
    return input;
}

#include "mcup_plane.h"

void mcup_sweep_pairs(const mcup_sweep_t *);

/* A row with an odd number of weights ends in a zero. */
static void lay_pairs(uint32_t *tap, const int8_t *weight, int32_t rows, int32_t row_step,
                      int32_t count, int32_t step)
{
    for (; rows > 0; rows--, weight += row_step) {
        const int8_t *w = weight;
        for (int32_t left = count; left > 0; left -= 2, w += 2 * step) {
            const uint32_t second = left > 1 ? 2u * (uint32_t)w[step] : 0;
            *tap++ = (uint16_t)(2 * w[0]) | second << 16;
        }
    }
}

static void sweep(const mcup_sweep_t *sweep)
{
    mcup_sweep_t doubled = *sweep;

    doubled.bias *= 2;
    mcup_sweep_pairs(&doubled);
}

void mcup_depthwise_conv_2d_plane_s8(const mcup_depthwise_conv_2d_t *layer, const int8_t *input,
                                     int8_t *output)
{
    const mcup_window_t *w = &layer->window;
    const mcup_matrix_t *m = &layer->matrix;

    mcup_depthwise_plane(layer, input, output, 2, lay_pairs, sweep);
    mcup_clamp_bytes(output, w->output_height * w->output_width * m->rows, m->least, m->most);
}
