/* Dense fully connected, weights in quads: what fast kernels must match. */
#ifndef MCUP_QUADS_FULLY_CONNECTED_H
#define MCUP_QUADS_FULLY_CONNECTED_H

#include "mcup_quads.h"

static inline void mcup_quads_fully_connected(const mcup_fully_connected_quad_t *layer,
                                              const int8_t *input, int8_t *output)
{
    const mcup_quads_t *matrix = &layer->matrix;
    const int32_t quads = layer->inputs / 4;
    const int32_t rest = layer->inputs % 4;

    for (int32_t i = 0; i < layer->batches; i++) {
        int8_t last[4] = { 0 };
        memcpy(last, input + 4 * quads, (size_t)rest);
        for (int32_t r = 0; r < matrix->rows; r++) {
            const uint32_t *word = matrix->stream + r / 4 * 4 * matrix->words + r % 4;
            uint32_t acc = (uint32_t)matrix->row[r].start;
            for (int32_t k = 0; k < quads; k++, word += 4) {
                acc += mcup_quad_products(*word, input + 4 * k);
            }
            acc += rest > 0 ? mcup_quad_products(*word, last) : 0;
            mcup_quads_write(matrix, r, (int32_t)acc / 256, output);
        }
        input += layer->inputs;
        output += layer->outputs;
    }
}

#endif
