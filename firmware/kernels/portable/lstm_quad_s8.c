/* Dense LSTM, weights in quads.  Portable C: what other instruction sets must match. */
#include "mcup_lstm.h"
#include "mcup_quads.h"

static void products(const mcup_quads_t *matrix, const int8_t *column, int32_t inputs,
                     uint32_t *room, int16_t *gates)
{
    const int8_t *padded = mcup_quads_column(matrix, column, inputs, room);

    for (int32_t i = 0; i < matrix->rows; i++) {
        const mcup_quad_row_t *row = matrix->row + i;
        const int32_t sum = mcup_quads_sum(matrix, i, 4, mcup_quad_products, 4, padded);
        int16_t *gate = gates + row->channel;
        *gate = (int16_t)mcup_saturate_16(*gate + mcup_scale(sum, row->multiplier, row->shift + 1));
    }
}

void mcup_lstm_quad_s8(const mcup_lstm_quad_t *layer, const int8_t *input, int8_t *output)
{
    mcup_lstm_quad(layer, input, output, products);
}
