/* Fully connected, int8, B4 weights.  Portable C: what other instruction sets must match. */
#include "mcup_matrix.h"

void mcup_fully_connected_b4_s8(const mcup_fully_connected_t *layer, const int8_t *input,
                                int8_t *output)
{
    for (int32_t i = 0; i < layer->batches; i++) {
        mcup_rows_b4(&layer->matrix, input, output);
        input += layer->matrix.inputs;
        output += layer->matrix.rows;
    }
}
