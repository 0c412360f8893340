/* MAX_POOL_2D, int16.  Portable C: the definition that the other instruction sets must match. */
#include "mcup_math.h"
#include "mcup_pool.h"

static void max_pixel(const mcup_pool_2d_t *layer, mcup_rectangle_t seen, const int16_t *input,
                      int16_t *output)
{
    const int32_t channels = layer->channels;
    const int32_t row = layer->input_width * channels;

    input += seen.top * row + seen.left * channels;
    for (int32_t channel = 0; channel < channels; channel++, input++) {
        int32_t largest = layer->least;
        for (int32_t y = 0; y < seen.bottom - seen.top; y++) {
            const int16_t *from = input + y * row;
            for (int32_t x = seen.left; x < seen.right; x++, from += channels) {
                largest = *from > largest ? *from : largest;
            }
        }
        *output++ = (int16_t)(largest > layer->most ? layer->most : largest);
    }
}

void mcup_max_pool_2d_s16(const mcup_pool_2d_t *layer, const int16_t *input, int16_t *output)
{
    for (int32_t y = 0; y < layer->output_height; y++) {
        for (int32_t x = 0; x < layer->output_width; x++, output += layer->channels) {
            max_pixel(layer, mcup_pool_window(layer, y, x), input, output);
        }
    }
}
