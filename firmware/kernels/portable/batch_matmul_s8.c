/* BATCH_MATMUL, int8: products of computed matrices.  Portable C: the definition other instruction
 * sets must match. */
#include "mcup_math.h"

static int32_t dot(const mcup_batch_matmul_t *layer, const int8_t *a, const int8_t *b)
{
    const int32_t a_offset = layer->a_offset, b_offset = layer->b_offset;
    int32_t acc = 0;

    for (int32_t left = layer->depth; left > 0; left--, a += layer->a_step, b += layer->b_step) {
        acc += (*a + a_offset) * (*b + b_offset);
    }
    return acc;
}

static int8_t *multiply(const mcup_batch_matmul_t *layer, const int8_t *a, const int8_t *b,
                        int8_t *output)
{
    for (int32_t row = 0; row < layer->rows; row++) {
        for (int32_t column = 0; column < layer->columns; column++) {
            const int32_t acc = dot(layer, a + row * layer->a_row, b + column * layer->b_column);
            *output++ = mcup_clamp(mcup_scale(acc, layer->multiplier, layer->shift),
                                   layer->zero_point, INT8_MIN, INT8_MAX);
        }
    }
    return output;
}

void mcup_batch_matmul_s8(const mcup_batch_matmul_t *layer, const int8_t *a, const int8_t *b,
                          int8_t *output)
{
    for (int32_t i = 0; i < layer->batches[0]; i++) {
        for (int32_t j = 0; j < layer->batches[1]; j++) {
            output = multiply(layer, a + i * layer->a_batch[0] + j * layer->a_batch[1],
                              b + i * layer->b_batch[0] + j * layer->b_batch[1], output);
        }
    }
}
