/* Depthwise convolution of any shape for ARMv6-M, in the assembly beside this file.
 *
 * A place is an input plus 128: an unsigned byte, which that architecture reads with an offset.  So
 * each sum is too large by 128 times that of the weights, which the bias takes off. */
#include "mcup_clamp.h"
#include "mcup_math_v6m.h"

typedef uint8_t mcup_place_t;
typedef int32_t mcup_tap_t;

static inline uint8_t mcup_place(int8_t input)
{
    return (uint8_t)(input ^ INT8_MIN);
}

#include "mcup_plane.h"

/* In the order of the assembly's stack frame. */
typedef struct {
    mcup_sweep_t sweep;
    int32_t low, high; /* of the multiplier: 65536 * high + low */
} mcup_split_sweep_t;

void mcup_sweep_stride_1(const mcup_split_sweep_t *);
void mcup_sweep_stride_2(const mcup_split_sweep_t *);

static void lay_words(int32_t *tap, const int8_t *weight, int32_t rows, int32_t row_step,
                      int32_t count, int32_t step)
{
    for (; rows > 0; rows--, weight += row_step) {
        const int8_t *w = weight;
        for (int32_t i = count; i > 0; i--, w += step) {
            *tap++ = *w;
        }
    }
}

static void sweep(const mcup_sweep_t *sweep)
{
    mcup_split_sweep_t split = { *sweep, (int16_t)sweep->multiplier, mcup_high(sweep->multiplier) };
    int32_t sum = 0;

    for (int32_t i = sweep->rows * sweep->taps - 1; i >= 0; i--) {
        sum += sweep->tap[i];
    }
    split.sweep.bias -= 128 * sum;
    (sweep->stride == 1 ? mcup_sweep_stride_1 : mcup_sweep_stride_2)(&split);
}

void mcup_depthwise_conv_2d_plane_s8(const mcup_depthwise_conv_2d_t *layer, const int8_t *input,
                                     int8_t *output)
{
    const mcup_window_t *w = &layer->window;
    const mcup_matrix_t *m = &layer->matrix;

    mcup_depthwise_plane(layer, input, output, 1, lay_words, sweep);
    mcup_clamp_outputs(output, w->output_height * w->output_width * m->rows, m->least, m->most);
}
