/* MEAN, four neighbours at a time where neighbours are kept. */
#ifndef MCUP_MEAN_FOUR_H
#define MCUP_MEAN_FOUR_H

#include "mcup_math.h"

static inline int8_t mcup_mean_output(const mcup_mean_t *layer, int32_t sum)
{
    return mcup_clamp(mcup_scale(sum, layer->multiplier, layer->shift), layer->zero_point,
                      INT8_MIN, INT8_MAX);
}

static inline int32_t mcup_mean_sum(const mcup_mean_t *layer, const int8_t *input)
{
    const int32_t step = layer->summed_steps[1];
    int32_t sum = layer->bias;

    for (int32_t i = layer->summed[0]; i > 0; i--, input += layer->summed_steps[0]) {
        const int8_t *from = input;
        for (int32_t j = layer->summed[1]; j > 0; j--, from += step) {
            sum += *from;
        }
    }
    return sum;
}

/* Not inline, for the registers. */
static __attribute__((noinline)) void mcup_mean_four_sums(const mcup_mean_t *layer,
                                                          const int8_t *input, int32_t sum[4])
{
    const int32_t step = layer->summed_steps[1], row = layer->summed_steps[0];
    const int32_t count = layer->summed[1];
    int32_t a = layer->bias, b = a, c = a, d = a;

    for (int32_t i = layer->summed[0]; i > 0; i--, input += row) {
        const int8_t *from = input;
        int32_t j = count;
        do {
            a += from[0];
            b += from[1];
            c += from[2];
            d += from[3];
            from += step;
        } while (--j);
    }
    sum[0] = a;
    sum[1] = b;
    sum[2] = c;
    sum[3] = d;
}

static inline void mcup_mean(const mcup_mean_t *layer, const int8_t *input, int8_t *output)
{
    const int32_t step = layer->kept_steps[1];

    for (int32_t i = 0; i < layer->kept[0]; i++, input += layer->kept_steps[0]) {
        const int8_t *from = input;
        int32_t left = layer->kept[1];
        for (; left >= 4 && step == 1; left -= 4, from += 4) {
            int32_t sum[4];
            mcup_mean_four_sums(layer, from, sum);
            for (int k = 0; k < 4; k++) {
                *output++ = mcup_mean_output(layer, sum[k]);
            }
        }
        for (; left > 0; left--, from += step) {
            *output++ = mcup_mean_output(layer, mcup_mean_sum(layer, from));
        }
    }
}

#endif
