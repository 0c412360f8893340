/* AVERAGE_POOL_2D, int16.  Portable C: the definition that the other instruction sets must match. */
#include "mcup_math_s16.h"
#include "mcup_pool.h"

static void average_pixel(const mcup_pool_2d_t *layer, mcup_rectangle_t seen, const int16_t *input,
                          int16_t *output)
{
    const int32_t channels = layer->channels;
    const int32_t row = layer->input_width * channels;
    const int32_t count = (seen.bottom - seen.top) * (seen.right - seen.left);

    input += seen.top * row + seen.left * channels;
    for (int32_t channel = 0; channel < channels; channel++, input++) {
        int32_t sum = 0;
        for (int32_t y = 0; y < seen.bottom - seen.top; y++) {
            const int16_t *from = input + y * row;
            for (int32_t x = seen.left; x < seen.right; x++, from += channels) {
                sum += *from;
            }
        }
        /* halves away from zero */
        sum = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
        *output++ = mcup_clamp_s16(sum, layer->least, layer->most);
    }
}

void mcup_average_pool_2d_s16(const mcup_pool_2d_t *layer, const int16_t *input, int16_t *output)
{
    for (int32_t y = 0; y < layer->output_height; y++) {
        for (int32_t x = 0; x < layer->output_width; x++, output += layer->channels) {
            average_pixel(layer, mcup_pool_window(layer, y, x), input, output);
        }
    }
}
