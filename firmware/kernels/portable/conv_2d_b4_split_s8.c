/* Convolution, int8, B4 weights for split multiplication.  Portable C: what other instruction sets
 * must match. */
#include "mcup_split_columns.h"

static const uint8_t *row_sum(const uint8_t *stream, int32_t bytes, const int8_t *column,
                              int32_t *sum)
{
    for (const uint8_t *end = stream + bytes; stream < end; stream += 5) {
        column += stream[0];
        for (int i = 1; i <= 4; i++) {
            *sum += mcup_split_product(stream[i], *column++);
        }
    }
    return stream;
}

void mcup_conv_2d_b4_split_s8(const mcup_conv_2d_split_t *layer, const int8_t *input,
                              int8_t *output)
{
    mcup_split_by_column(layer, input, output, row_sum);
}
