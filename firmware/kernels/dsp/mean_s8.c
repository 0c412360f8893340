/* MEAN with the DSP extension: four neighbours at a time where they are kept, summed in the halves
 * of two words. */
#include "mcup_bytes.h"
#include "mcup_math.h"

#define MOST_INPUTS 256 /* whose sum a half holds */

static int8_t mean(const mcup_mean_t *layer, int32_t sum)
{
    return mcup_clamp(mcup_scale(sum, layer->multiplier, layer->shift), layer->zero_point,
                      INT8_MIN, INT8_MAX);
}

static int32_t sum_of_one(const mcup_mean_t *layer, const int8_t *input)
{
    const int32_t step = layer->summed_steps[1];
    int32_t sum = layer->bias;

    for (int32_t i = 0; i < layer->summed[0]; i++, input += layer->summed_steps[0]) {
        const int8_t *from = input;
        for (int32_t j = layer->summed[1]; j > 0; j--, from += step) {
            sum += *from;
        }
    }
    return sum;
}

/* Four neighbours, count times, a step apart; count is at most MOST_INPUTS. Not inline, for the
 * registers. */
static __attribute__((noinline)) void add_four(int32_t sum[4], const int8_t *from, int32_t count,
                                               int32_t step)
{
    int16x2_t even = 0;
    int16x2_t odd = 0;

    do {
        const uint32_t four = mcup_load(from);
        from += step;
        even = __sxtab16(even, (int8x4_t)four);
        odd = __sxtab16(odd, (int8x4_t)(four >> 8 | four << 24));
    } while (--count);
    sum[0] += (int16_t)even;
    sum[1] += (int16_t)odd;
    sum[2] += (int32_t)even >> 16;
    sum[3] += (int32_t)odd >> 16;
}

static void sums_of_four(const mcup_mean_t *layer, const int8_t *input, int32_t sum[4])
{
    const int32_t step = layer->summed_steps[1];

    sum[0] = sum[1] = sum[2] = sum[3] = layer->bias;
    for (int32_t i = 0; i < layer->summed[0]; i++, input += layer->summed_steps[0]) {
        const int8_t *from = input;
        for (int32_t left = layer->summed[1]; left > 0; left -= MOST_INPUTS,
             from += MOST_INPUTS * step) {
            add_four(sum, from, left < MOST_INPUTS ? left : MOST_INPUTS, step);
        }
    }
}

void mcup_mean_s8(const mcup_mean_t *layer, const int8_t *input, int8_t *output)
{
    const int32_t kept = layer->kept[1];
    const int32_t step = layer->kept_steps[1];

    for (int32_t i = 0; i < layer->kept[0]; i++, input += layer->kept_steps[0]) {
        int32_t j = 0;
        for (; j + 4 <= kept && step == 1; j += 4) {
            int32_t sum[4];
            sums_of_four(layer, input + j, sum);
            for (int k = 0; k < 4; k++) {
                *output++ = mean(layer, sum[k]);
            }
        }
        for (; j < kept; j++) {
            *output++ = mean(layer, sum_of_one(layer, input + j * step));
        }
    }
}
