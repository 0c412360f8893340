/* Dense fully connected, weights in quads: the column is turned once, then meets four rows at a time
 * in the assembly beside this file. */
#include "mcup_quads_turn.h"

/* All rows.  rounding: twice the zero point, and one */
void mcup_quads_four_rows(const uint32_t *column, const uint32_t *column_end,
                          const mcup_quad_row_t *row, const uint32_t *weights,
                          const mcup_quad_row_t *row_end, int32_t rounding, int8_t *output);

void mcup_fully_connected_quad_s8(const mcup_fully_connected_quad_t *layer, const int8_t *input,
                                  int8_t *output)
{
    const mcup_quads_t *matrix = &layer->matrix;

    for (int32_t i = 0; i < layer->batches; i++) {
        mcup_quads_turn(input, layer->inputs, layer->room);
        mcup_quads_four_rows(layer->room, layer->room + matrix->words, matrix->row, matrix->stream,
                             matrix->row + matrix->rows, 2 * matrix->zero_point + 1, output);
        mcup_clamp_bytes(output, layer->outputs, matrix->least, matrix->most);
        input += layer->inputs;
        output += layer->outputs;
    }
}
