/* Dense fully connected, weights in quads: the inputs meet four rows at a time in the assembly beside
 * this file, from where they lie. */
#include "mcup_bytes.h"
#include "mcuprune.h"

/* All rows.  rounding: twice the zero point, and one */
void mcup_quads_four_rows_direct(const int8_t *column, const int8_t *column_end,
                                 const mcup_quad_row_t *row, const uint32_t *weights,
                                 const mcup_quad_row_t *row_end, int32_t rounding, int8_t *output,
                                 const int8_t *rest_end);

enum { STEP = 16 }; /* inputs that the loop takes at a time */

void mcup_fully_connected_quad_direct_s8(const mcup_fully_connected_quad_t *layer,
                                         const int8_t *input, int8_t *output)
{
    const mcup_quads_t *matrix = &layer->matrix;
    const int32_t rest = layer->inputs % STEP;

    for (int32_t i = 0; i < layer->batches; i++) {
        int8_t last[STEP] = { 0 };
        const int8_t *const end = input + layer->inputs - rest;
        const int8_t *const rest_end = rest > 0 ? last + STEP : end;
        for (int32_t k = 0; k < rest; k++) {
            last[k] = end[k];
        }
        const int alone = input == end; /* nothing but the rest */
        mcup_quads_four_rows_direct(alone ? last : input, alone ? rest_end : end, matrix->row,
                                    matrix->stream, matrix->row + matrix->rows,
                                    2 * matrix->zero_point + 1, output, rest_end);
        mcup_clamp_bytes(output, layer->outputs, matrix->least, matrix->most);
        input += layer->inputs;
        output += layer->outputs;
    }
}
