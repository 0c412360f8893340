/* MAX_POOL_2D with the DSP extension: four channels at a time. */
#include "mcup_bytes.h"
#include "mcup_pool.h"

static void max_pixel(const mcup_pool_2d_t *layer, mcup_rectangle_t window, const int8_t *input, int8_t *output)
{
    const int32_t channels = layer->channels;
    const int32_t row = layer->input_width * channels;
    const int32_t height = window.bottom - window.top;
    const int32_t width = window.right - window.left;
    const uint32_t least = mcup_spread(layer->least);
    const uint32_t most = mcup_spread(layer->most);
    int32_t channel = 0;

    input += window.top * row + window.left * channels;
    for (; channel + 4 <= channels; channel += 4, input += 4) {
        uint32_t largest = least;
        const int8_t *line = input;
        for (int32_t y = height; y > 0; y--, line += row) {
            const int8_t *from = line;
            for (int32_t x = width; x > 0; x--, from += channels) {
                largest = mcup_larger(mcup_load(from), largest);
            }
        }
        mcup_store(output + channel, mcup_smaller(largest, most));
    }
    for (; channel < channels; channel++, input++) {
        int8_t largest = layer->least;
        const int8_t *line = input;
        for (int32_t y = height; y > 0; y--, line += row) {
            const int8_t *from = line;
            for (int32_t x = width; x > 0; x--, from += channels) {
                largest = *from > largest ? *from : largest;
            }
        }
        output[channel] = largest > layer->most ? layer->most : largest;
    }
}

void mcup_max_pool_2d_s8(const mcup_pool_2d_t *layer, const int8_t *input, int8_t *output)
{
    mcup_pool(layer, input, output, max_pixel);
}
