/* Dense fully connected, weights in quads: the column is expanded once, then meets four rows at a
 * time in the assembly beside this file. */
#include "mcup_quads_dsp.h"

/* All rows.  rounding: twice the zero point, and one */
void mcup_quads_four_rows(const uint32_t *column, const mcup_quad_row_t *row, int8_t *output,
                          const uint32_t *weights, const uint32_t *column_end,
                          const mcup_quad_row_t *row_end, int32_t rounding);

void mcup_fully_connected_quad_s8(const mcup_fully_connected_quad_t *layer, const int8_t *input,
                                  int8_t *output)
{
    const mcup_quads_t *matrix = &layer->matrix;
    uint32_t *end = layer->room + 2 * matrix->words;

    for (int32_t i = 0; i < layer->batches; i++) {
        uint32_t *to = mcup_quads_expand(input, 4, layer->room, 2, layer->inputs / 4);
        int8_t last[4] = { 0 };
        for (int32_t k = 0; k < layer->inputs % 4; k++) {
            last[k] = input[layer->inputs / 4 * 4 + k];
        }
        if (to < end) {
            to = mcup_quads_expand(last, 4, to, 2, 1);
            mcup_quads_fill(0, to, 2, (int32_t)(end - to) / 2);
        }
        mcup_quads_four_rows(layer->room, matrix->row, output, matrix->stream, end,
                             matrix->row + matrix->rows, 2 * matrix->zero_point + 1);
        mcup_clamp_bytes(output, layer->outputs, matrix->least, matrix->most);
        input += layer->inputs;
        output += layer->outputs;
    }
}
