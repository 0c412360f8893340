/* RESIZE_NEAREST_NEIGHBOR, int8.  Portable C: the definition other instruction sets must match. */
#include "mcuprune.h"

#include <string.h>

void mcup_resize_nearest_neighbor_s8(const mcup_resize_nearest_neighbor_t *layer,
                                     const int8_t *input, int8_t *output)
{
    const int32_t channels = layer->channels;

    for (int y = 0; y < layer->height; y++) {
        const int8_t *line = input + layer->row[y] * layer->input_width * channels;
        for (int x = 0; x < layer->width; x++, output += channels) {
            memcpy(output, line + layer->column[x] * channels, (size_t)channels);
        }
    }
}
