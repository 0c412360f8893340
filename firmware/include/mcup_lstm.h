/* LSTM in integers, as TFLite has it: products of eight bits, gates and cells of sixteen.
 *
 *     gates  = W input + b, then + R (output of the step before); saturated after each
 *     cell   = forget * cell + enter * tanh(candidate)
 *     output = leave * tanh(cell)
 *
 * A step's gates lie as enter, forget, leave, candidate; `units` of each. */
#ifndef MCUP_LSTM_H
#define MCUP_LSTM_H

#include "mcup_matrix.h"

#include <string.h>

/* Products as a function of their own: inlined into the loop over steps, gcc runs out of registers. */
#define MCUP_APART __attribute__((noinline))

/* Every row of a matrix times a column, scaled and added to its gate. */
typedef void mcup_gates_t(const mcup_gate_matrix_t *matrix, const int8_t *column, int16_t *gates);

/* The same of four columns that follow one another, as their gates do. */
typedef void mcup_gates_of_four_t(const mcup_gate_matrix_t *matrix, const int8_t *column,
                                  int16_t *gates, int32_t units);

/* Some rows.  -> where the stream goes on */
static inline const uint8_t *mcup_some_gates(const mcup_gate_matrix_t *matrix,
                                             const mcup_gate_row_t *row, const mcup_gate_row_t *end,
                                             const uint8_t *stream, const int8_t *column,
                                             int16_t *gates, mcup_sum_t *sum)
{
    const mcup_matrix_t shape = { .inputs = matrix->inputs };

    for (; row < end; row++) {
        const mcup_row_t plain = { .bias = row->bias, .bytes = row->bytes };
        const int32_t acc = sum(&shape, &plain, &stream, column);
        int16_t *gate = gates + row->gate;
        *gate = (int16_t)mcup_saturate_16(
            *gate + mcup_scale(acc, matrix->multiplier[row->kind], matrix->shift[row->kind]));
    }
    return stream;
}

static inline void mcup_gates(const mcup_gate_matrix_t *matrix, const int8_t *column,
                              int16_t *gates, mcup_sum_t *sum)
{
    const int32_t *rows = matrix->rows;
    const mcup_gate_row_t *end = matrix->row + rows[0] + rows[1] + rows[2] + rows[3];

    mcup_some_gates(matrix, matrix->row, end, matrix->stream, column, gates, sum);
}

static inline int16_t *mcup_lstm_cells(const mcup_lstm_cell_t *lstm)
{
    return lstm->state ? lstm->state : lstm->gates + 4 * lstm->together * lstm->units;
}

/* The outputs of the step before stand behind the cells. */
static inline int8_t *mcup_lstm_before(const mcup_lstm_cell_t *lstm)
{
    return (int8_t *)(mcup_lstm_cells(lstm) + lstm->units);
}

static inline void mcup_lstm_begin(const mcup_lstm_cell_t *lstm)
{
    memset(mcup_lstm_cells(lstm), 0, sizeof(int16_t) * (size_t)lstm->units);
    memset(mcup_lstm_before(lstm), lstm->zero_point, (size_t)lstm->units);
}

/* product / 2^shift, halves away from zero; shift > 0, and |product| at most 2^30 */
static inline int32_t mcup_round_product(int32_t product, int shift)
{
    return (product + (product >> 31) + (1 << (shift - 1))) >> shift;
}

/* From the sums of a step's gates to its output, by ways to compute a logistic function of Q3 and a
 * tanh. */
static inline void mcup_lstm_finish(const mcup_lstm_cell_t *lstm, const int16_t *gate,
                                    int8_t *output, int32_t logistic(int32_t x),
                                    int32_t tanh(int32_t x, int integer_bits))
{
    const int32_t units = lstm->units;
    int16_t *cell = mcup_lstm_cells(lstm);

    for (int32_t i = 0; i < units; i++, gate++, cell++) {
        const int32_t enter = logistic(gate[0]);
        const int32_t forget = logistic(gate[units]);
        const int32_t leave = logistic(gate[2 * units]);
        const int32_t candidate = tanh(gate[3 * units], 3);
        int32_t sum = mcup_round_product(forget * *cell, 15);
        sum += mcup_round_product(enter * candidate, lstm->cell_shift);
        sum = sum < lstm->least ? lstm->least : sum > lstm->most ? lstm->most : sum;
        *cell = (int16_t)sum;
        const int32_t product = leave * tanh(sum, lstm->integer_bits);
        *output++ = mcup_clamp(mcup_scale(product, lstm->multiplier, lstm->shift),
                               lstm->zero_point, INT8_MIN, INT8_MAX);
    }
}

/* What the gates of so many steps begin with: what rows without weights give. */
static inline void mcup_lstm_start(const mcup_lstm_t *lstm, int32_t steps)
{
    const size_t size = 4 * sizeof(int16_t) * (size_t)lstm->cells.units;
    int16_t *gates = lstm->cells.gates;

    for (; steps > 0; steps--, gates += 4 * lstm->cells.units) {
        if (lstm->start) {
            memcpy(gates, lstm->start, size);
        } else {
            memset(gates, 0, size);
        }
    }
}

/* All steps.  products and four: of an encoding; there need be no `four` */
static inline void mcup_lstm(const mcup_lstm_t *lstm, const int8_t *input, int8_t *output,
                             mcup_gates_t *products, mcup_gates_of_four_t *four)
{
    const mcup_lstm_cell_t *cells = &lstm->cells;
    const int8_t *before = mcup_lstm_before(cells);

    if (!cells->state) {
        mcup_lstm_begin(cells);
    }
    for (int32_t left = cells->steps; left > 0;) {
        const int32_t now = left < cells->together ? left : cells->together;
        int16_t *gates = cells->gates;
        mcup_lstm_start(lstm, now);
        if (now == 4 && four) {
            four(&lstm->input, input, gates, cells->units);
        }
        for (int32_t i = 0; i < now; i++) {
            if (now != 4 || !four) {
                products(&lstm->input, input, gates);
            }
            products(&lstm->recurrent, before, gates);
            cells->finish(cells, gates, output);
            before = output;
            input += lstm->input.inputs;
            output += cells->units;
            gates += 4 * cells->units;
        }
        left -= now;
    }
    memcpy(mcup_lstm_before(cells), before, (size_t)cells->units);
}

/* The same with weights in quads.  room: for the column in quads */
typedef void mcup_quad_gates_t(const mcup_quads_t *matrix, const int8_t *column, int32_t inputs,
                               uint32_t *room, int16_t *gates);

static inline void mcup_lstm_quad(const mcup_lstm_quad_t *lstm, const int8_t *input, int8_t *output,
                                  mcup_quad_gates_t *products)
{
    const mcup_lstm_cell_t *cells = &lstm->cells;
    const int8_t *before = mcup_lstm_before(cells);
    uint32_t *room = (uint32_t *)(void *)((int8_t *)cells->gates + lstm->room);

    if (!cells->state) {
        mcup_lstm_begin(cells);
    }
    for (int32_t step = 0; step < cells->steps; step++) {
        memset(cells->gates, 0, 4 * sizeof(int16_t) * (size_t)cells->units);
        products(&lstm->input, input, lstm->inputs, room, cells->gates);
        products(&lstm->recurrent, before, cells->units, room, cells->gates);
        cells->finish(cells, cells->gates, output);
        before = output;
        input += lstm->inputs;
        output += cells->units;
    }
    memcpy(mcup_lstm_before(cells), before, (size_t)cells->units);
}

#endif
