"""LSTM on emulated cores: every way to compute it, the bytes of the reference."""

from dataclasses import replace

import arm
import numpy as np
import pytest
from judge import random_inputs
from lstms import lstm

from mcuprune import board, choose, fixed, ops, sigmoid
from mcuprune.ops import unidirectional_sequence_lstm as lstm_op

pytestmark = pytest.mark.emulator

CORES = ("cortex-m0", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m55")


def machine(core):
    """One with room for many networks."""
    return replace(board.load(board.CPUS[core][1]), cpu=core)


def small():
    """Shifts to the left and to the right, rows of every length and none, cells of every scale."""
    random = np.random.default_rng(1)
    scales = [(0.004, 0.01), (0.05, 0.02), (0.004, 0.0001), (0.3, 0.05)]
    return [
        lstm(random, inputs=1 + 5 * i, units=3 + 2 * i, steps=(1, 6, 4, 3, 9, 8, 5)[i], sparsity=i / 7, cell=-15 + i,
             scales=(*scales[i % 4], 1 / 128), clip=0.4 * (i % 2), empty=(0, 0.5, 0.9, 0.5, 0, 1, 0.5)[i])
        for i in range(7)
    ]  # fmt: skip


@pytest.mark.parametrize("core", CORES)
def test_lstm(core):
    target, random = machine(core), np.random.default_rng(2)
    cases = [
        (graph, candidate.layer, (random_inputs(random, graph),))
        for graph in small()
        for candidate in choose.candidates(graph, graph.ops[0], target)
    ]
    quads = [layer for _, layer, _ in cases if "quad" in layer.calls[0].function]
    assert bool(quads) == ("dsp" in target.isas)
    for (graph, layer, (x,)), got in zip(cases, arm.run_all(cases, target), strict=True):
        assert np.array_equal(got, ops.run(graph, x)), f"{layer.calls[0].function} on {core}, {layer.summary}"


EVERY, HIGH, LOW = np.arange(1 << 16, dtype=np.uint16).view(np.int16), np.int16(32767), np.int16(-32768)
STEPS = [  # enter, forget, leave, candidate; cells
    (HIGH, EVERY, EVERY, np.int16(0), HIGH),
    (EVERY, LOW, HIGH, HIGH, np.int16(0)),
    (HIGH, LOW, EVERY, EVERY, np.int16(0)),
    (HIGH, HIGH, EVERY, LOW, LOW),
]


@pytest.mark.parametrize("kernel", ["mcup_lstm_cells_s8", "mcup_lstm_cells_table_s8"])
@pytest.mark.parametrize("core", CORES)
def test_steps_with_every_argument(core, kernel):
    """Cells tell what functions of the gates are, outputs what tanh of a cell is."""
    lines = [
        "static int16_t gates[4 << 16], cells[3 << 15];",
        f"const mcup_lstm_cell_t layer = {{ {kernel}, gates, cells, 1, 1, 1 << 16, 1 << 30, 20, 3, 17, 2,",
        "                                   INT16_MIN, INT16_MAX };",
    ]
    for step in STEPS:
        values = ["(int16_t)i" if value is EVERY else str(value) for value in step]
        lines.append("for (int32_t i = 0; i < 1 << 16; i++) {")
        lines += [f"    gates[({gate} << 16) + i] = {value};" for gate, value in enumerate(values[:4])]
        lines += [f"    cells[i] = {values[4]};", "}", "layer.finish(&layer, gates, output);"]
        lines += ["memcpy(output + (1 << 16), cells, 2 << 16);", "output += 3 << 16;"]
    got = arm.compute(lines, {kernel}, len(STEPS) * 3 << 16, machine(core))
    for step, part in zip(STEPS, np.split(got, len(STEPS)), strict=True):
        outputs, cells = finished(*(np.broadcast_to(value, 1 << 16) for value in step))
        assert np.array_equal(part[: 1 << 16], outputs)
        assert np.array_equal(part[1 << 16 :].view(np.int16), cells)


def finished(enter, forget, leave, candidate, cell):
    """The outputs and cells of a step, cells of 2 bits before the point, outputs of 2^-9 around 3."""
    enter, forget, leave = (sigmoid.apply(sigmoid.logistic(), gate).astype(np.int64) for gate in (enter, forget, leave))
    entering = enter * sigmoid.apply(sigmoid.tanh(3), candidate)
    cell = fixed.rounding_divide_by_pot(forget * cell, 15) + fixed.rounding_divide_by_pot(entering, 17)
    cell = np.clip(cell, -(1 << 15), (1 << 15) - 1)
    product = leave * sigmoid.apply(sigmoid.tanh(2), cell)
    return np.clip(fixed.multiply_by_quantized_multiplier(product, 1 << 30, -20) + 3, -128, 127), cell


def blocks(random, units, inputs, rows):
    """int8 [units, inputs]: a tenth in blocks of four, all in a share of the rows, as training leaves them."""
    kept, count = random.permutation(units)[: round(rows * units)], round(0.1 * units * inputs / 4)
    places = random.permutation(len(kept) * (inputs // 4))[:count]
    values = np.zeros((units, inputs // 4, 4), np.int8)
    values[kept[places // (inputs // 4)], places % (inputs // 4)] = random.integers(1, 128, (count, 4))
    return values.reshape(units, inputs)


def test_blocks_of_four_in_a_third_of_the_rows_take_a_fraction_of_the_dense_instructions():
    """28 inputs, 64 units, 28 steps, 90 % pruned: 2.5 times fewer."""
    target, random = board.load("mps2_an386"), np.random.default_rng(3)
    dense = lstm(random, inputs=28, units=64, steps=28, sparsity=0, scales=(1 / 255, 0.01, 1 / 128))
    tensors = list(dense.tensors)
    for tensor, _, _ in lstm_op.blocks(dense, dense.ops[0]):
        values = blocks(random, *tensors[tensor].shape, rows=1 / 3)
        tensors[tensor] = replace(tensors[tensor], data=values)
    pruned = replace(dense, tensors=tuple(tensors))
    counted = []
    for graph in (dense, pruned):
        x = random_inputs(random, graph)
        layers = [c.layer for c in choose.candidates(graph, graph.ops[0], target)]
        results = arm.measure_all([(graph, layer, (x,)) for layer in layers], target)
        assert all(np.array_equal(got, ops.run(graph, x)) for got, _, _ in results)
        counted.append(min(instructions for _, instructions, _ in results))
    assert counted[0] >= 2.5 * counted[1], counted


def test_a_dense_lstm_takes_two_instructions_per_mac_and_a_pruned_one_takes_one():
    """28 inputs, 64 units: what CMSIS-NN takes 5.1 for.  90 % of the weights are pruned."""
    target, random = board.load("mps2_an386"), np.random.default_rng(3)
    counted = []
    for sparsity in (0.0, 0.9):
        graph = lstm(random, inputs=28, units=64, steps=8, sparsity=sparsity, scales=(1 / 255, 0.01, 1 / 128))
        x = random_inputs(random, graph)
        layers = [c.layer for c in choose.candidates(graph, graph.ops[0], target)]
        results = arm.measure_all([(graph, layer, (x,)) for layer in layers], target)
        counted.append(min(instructions for _, instructions, _ in results) / layers[0].macs)
    assert counted[0] <= 2.0 and counted[1] <= 1.1, counted
