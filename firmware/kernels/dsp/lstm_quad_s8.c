/* Dense LSTM, weights in quads: each column is expanded once, then meets four rows at a time in the
 * assembly beside this file. */
#include "mcup_lstm.h"
#include "mcup_quads_dsp.h"

/* All rows.  rounding: 1 */
void mcup_lstm_four_rows(const uint32_t *column, const mcup_quad_row_t *row, int16_t *gates,
                         const uint32_t *weights, const uint32_t *column_end,
                         const mcup_quad_row_t *row_end, int32_t rounding);

static void products(const mcup_quads_t *matrix, const int8_t *column, int32_t inputs,
                     uint32_t *room, int16_t *gates)
{
    uint32_t *end = room + 2 * matrix->words;
    int8_t last[4] = { 0 };

    uint32_t *to = mcup_quads_expand(column, 4, room, 2, inputs / 4);
    for (int32_t k = 0; k < inputs % 4; k++) {
        last[k] = column[inputs / 4 * 4 + k];
    }
    if (to < end) {
        to = mcup_quads_expand(last, 4, to, 2, 1);
        mcup_quads_fill(0, to, 2, (int32_t)(end - to) / 2);
    }
    mcup_lstm_four_rows(room, matrix->row, gates, matrix->stream, end, matrix->row + matrix->rows,
                        1);
}

void mcup_lstm_quad_s8(const mcup_lstm_quad_t *layer, const int8_t *input, int8_t *output)
{
    mcup_lstm_quad(layer, input, output, products);
}
