/* Dense LSTM, weights in quads: each column is turned once, then meets four rows at a time in the
 * assembly beside this file. */
#include "mcup_lstm.h"
#include "mcup_quads_turn.h"

/* All rows.  rounding: 1 */
void mcup_lstm_four_rows(const uint32_t *column, const uint32_t *column_end,
                         const mcup_quad_row_t *row, const uint32_t *weights,
                         const mcup_quad_row_t *row_end, int32_t rounding, int16_t *gates);

static void products(const mcup_quads_t *matrix, const int8_t *column, int32_t inputs,
                     uint32_t *room, int16_t *gates)
{
    mcup_quads_turn(column, inputs, room);
    mcup_lstm_four_rows(room, room + matrix->words, matrix->row, matrix->stream,
                        matrix->row + matrix->rows, 1, gates);
}

void mcup_lstm_quad_s8(const mcup_lstm_quad_t *layer, const int8_t *input, int8_t *output)
{
    mcup_lstm_quad(layer, input, output, products);
}
