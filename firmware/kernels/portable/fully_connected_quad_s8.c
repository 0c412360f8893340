/* Dense fully connected, weights in quads.  Portable C: what other instruction sets must match. */
#include "mcup_quads.h"

void mcup_fully_connected_quad_s8(const mcup_fully_connected_quad_t *layer, const int8_t *input,
                                  int8_t *output)
{
    for (int32_t i = 0; i < layer->batches; i++) {
        const int8_t *column = mcup_quads_column(&layer->matrix, input, layer->inputs, layer->room);
        mcup_quads_rows(&layer->matrix, 4, mcup_quad_products, 4, column, output);
        input += layer->inputs;
        output += layer->outputs;
    }
}
