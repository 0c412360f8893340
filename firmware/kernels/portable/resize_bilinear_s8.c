/* RESIZE_BILINEAR, int8.  Portable C: the definition other instruction sets must match. */
#include "mcuprune.h"

/* Between two bytes, with 10 more bits, and between two of those, with 20. */
static int32_t between(int32_t before, int32_t behind, int32_t part)
{
    return before * (1024 - part) + behind * part;
}

static int8_t round_20(int32_t x)
{
    return (int8_t)((x + (x > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
}

void mcup_resize_bilinear_s8(const mcup_resize_bilinear_t *layer, const int8_t *input,
                             int8_t *output)
{
    const int32_t channels = layer->channels;
    const int32_t line = layer->input_width * channels;

    for (int y = 0; y < layer->height; y++) {
        const mcup_between_t row = layer->row[y];
        const int8_t *top = input + row.before * line, *bottom = input + row.behind * line;
        for (int x = 0; x < layer->width; x++) {
            const mcup_between_t column = layer->column[x];
            const int32_t left = column.before * channels, right = column.behind * channels;
            for (int32_t c = 0; c < channels; c++) {
                const int32_t above = between(top[left + c], top[right + c], column.part);
                const int32_t below = between(bottom[left + c], bottom[right + c], column.part);
                *output++ = round_20(between(above, below, row.part));
            }
        }
    }
}
