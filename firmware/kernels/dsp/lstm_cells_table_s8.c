/* From the gates of an LSTM's step to its output by table, for Cortex-M4, M7 and M33. */
#include "mcup_lstm.h"
#include "mcup_sigmoid_lookup.h"

/* As assembly reads them. */
struct constants {
    const uint32_t *line;
    const uint8_t *rest;
    int32_t twice_units;
    int32_t cell_half; /* of 2^cell_shift */
    int32_t cell_shift;
    int32_t least;
    int32_t most;
    int32_t tanh_shift; /* from a cell to the table's argument; negative: bits before the point - 2 */
    int32_t multiplier;
    int32_t half; /* of 2^shift */
    int32_t shift;
    int32_t zero_point;
    const int8_t *end;
};

/* For formats that the table does not know. */
int32_t mcup_lstm_tanh(int32_t x, int integer_bits);

int32_t mcup_lstm_tanh(int32_t x, int integer_bits)
{
    return mcup_tanh(x, integer_bits);
}

/* There is a unit at least. */
void mcup_lstm_cells_table_units(const int16_t *gates, int16_t *cells, int8_t *output,
                                 const struct constants *constants);

void mcup_lstm_cells_table_s8(const mcup_lstm_cell_t *cells, const int16_t *gates, int8_t *output)
{
    if (cells->shift <= 0 || cells->shift > 30) {
        mcup_lstm_finish(cells, gates, output, mcup_logistic_lookup, mcup_tanh_lookup);
        return;
    }
    const struct constants constants = {
        .line = mcup_sigmoid_line,
        .rest = mcup_sigmoid_rest,
        .twice_units = 2 * cells->units,
        .cell_half = 1 << (cells->cell_shift - 1),
        .cell_shift = cells->cell_shift,
        .least = cells->least,
        .most = cells->most,
        .tanh_shift = cells->integer_bits - 2,
        .multiplier = cells->multiplier,
        .half = 1 << (cells->shift - 1),
        .shift = cells->shift,
        .zero_point = cells->zero_point,
        .end = output + cells->units,
    };
    mcup_lstm_cells_table_units(gates, mcup_lstm_cells(cells), output, &constants);
}
