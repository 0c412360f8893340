"""UNIDIRECTIONAL_SEQUENCE_LSTM: reference, oracle and kernels, and the functions of 16 bits that it is made of."""

import subprocess
from dataclasses import replace

import kernel
import models
import numpy as np
import pytest
import sigmoid_table
import writer
from judge import judge, lowered, random_inputs
from lstms import lstm

from mcuprune import budget, choose, compiled, emit, gates, ops, plan, sigmoid
from mcuprune.board import load
from mcuprune.errors import UnsupportedModel, UsageError
from mcuprune.ops import unidirectional_sequence_lstm as lstm_op


def random_lstm(random):
    return lstm(
        random,
        inputs=int(random.integers(1, 24)),
        units=int(random.integers(1, 14)),
        steps=int(random.integers(1, 8)),
        sparsity=float(random.choice([0, 0.5, 0.9, 1])),
        zero_points=tuple(map(int, random.integers(-128, 128, 2))),
        scales=(float(random.choice([0.004, 0.05, 0.2])), float(random.choice([0.002, 0.02])), 1 / 128),
        cell=int(random.integers(-15, -8)),
        clip=float(random.choice([0, 0.3])),
        empty=float(random.choice([0, 0.5])),
    )


def test_reference_oracle_and_kernels_agree():
    random = np.random.default_rng(1)
    graphs = [random_lstm(random) for _ in range(16)]
    judge([(graph, random_inputs(random, graph)) for graph in graphs])


def test_only_rows_with_weights_are_stored_and_biases_say_what_the_others_begin_with():
    graph = lstm(np.random.default_rng(4), inputs=12, units=16, sparsity=0.8, empty=0.5)
    for layer, both in ((layer, gates.matrices(graph, graph.ops[0])) for layer in lowered(graph)):
        for name, m in zip(("input", "recurrent"), both, strict=True):
            stored = layer.calls[0].fields[name]["row"].values[:, 1]
            assert np.array_equal(stored, np.flatnonzero(m.weights.any(axis=1))) and len(stored) < 48
            assert sum(layer.calls[0].fields[name]["rows"]) == len(stored)
        start = layer.calls[0].fields["start"].values
        assert not start[layer.calls[0].fields["input"]["row"].values[:, 1]].any() and np.count_nonzero(start) > 16


def test_a_state_that_lives_on_makes_one_sequence_of_many():
    random = np.random.default_rng(2)
    long = lstm(random, steps=12)
    short = replace(
        long,
        tensors=tuple(replace(t, shape=(1, 3, *t.shape[2:])) if len(t.shape) == 3 else t for t in long.tensors),
        ops=(replace(long.ops[0], attrs={**long.ops[0].attrs, "stateful": True}),),
    )
    x = random.integers(-128, 128, (1, 12, 5)).astype(np.int8)
    want = ops.run(long, x).reshape(4, 3, 4)
    for layer in lowered(short):
        assert np.array_equal(kernel.run(short, layer, x.reshape(4, 3, 5)), want)


def test_every_way_to_compute_it_on_a_core_with_dsp_also_runs_on_the_host():
    """Dense weights in quads, the inputs of four steps at once, with the table and without."""
    random = np.random.default_rng(3)
    graphs = [
        lstm(random, inputs=i, units=u, sparsity=s, scales=(0.004, 0.01, 1 / 128), steps=n)
        for i, u, s, n in ((1, 1, 0, 3), (7, 5, 0.5, 4), (18, 16, 0.8, 9))
    ]
    for graph in graphs:
        layers = [c.layer for c in choose.candidates(graph, graph.ops[0], load("stm32f405"))]
        x = random_inputs(random, graph)
        for got in kernel.run_all([(graph, layer, (x,)) for layer in layers]):
            assert np.array_equal(got, ops.run(graph, x))
        together = {layer.calls[0].fields["cells"]["together"] for layer in layers}
        assert together == ({1} if ops.run(graph, x).shape[1] < lstm_op.TOGETHER else {1, lstm_op.TOGETHER})
        assert {f for layer in layers for f in layer.calls[0].functions} >= {
            "mcup_lstm_quad_s8",
            *(f.name for f in lstm_op.FINISHES),
        }


def every_int16(header, logistic, tanh, folder):
    """What C answers: int16 [8, 65536], logistic function and tanh of all formats"""
    source = folder / "all.c"
    source.write_text(f"""
        #include <stdio.h>
        #include "{header}"
        int main(void) {{
            for (int bits = -1; bits <= 6; bits++) {{
                for (int i = 0; i < 65536; i++) {{
                    const int16_t x = (int16_t)i;
                    const int16_t y = (int16_t)(bits < 0 ? {logistic}(x) : {tanh}(x, bits));
                    fwrite(&y, 2, 1, stdout);
                }}
            }}
            return 0;
        }}""")
    kernel._gcc("-O1", kernel.INCLUDE, str(source), "-o", str(folder / "all"))
    answers = subprocess.run([folder / "all"], capture_output=True, check=True).stdout
    return np.frombuffer(answers, np.int16).reshape(-1, 1 << 16)


def every_answer():
    return np.stack([sigmoid.logistic(), *(sigmoid.tanh(bits) for bits in range(7))])


def test_every_int16_has_the_same_logistic_function_and_tanh_in_c(tmp_path):
    answers = every_int16("mcup_sigmoid.h", "mcup_logistic_q3", "mcup_tanh", tmp_path)
    assert np.array_equal(answers, every_answer())


def test_every_int16_has_the_same_logistic_function_and_tanh_by_table(tmp_path):
    answers = every_int16("mcup_sigmoid_lookup.h", "mcup_logistic_lookup", "mcup_tanh_lookup", tmp_path)
    assert np.array_equal(answers, every_answer())


def test_the_table_is_what_its_tool_writes():
    assert sigmoid_table.TARGET.read_text(encoding="utf-8") == sigmoid_table.text()


def test_the_last_argument_of_the_table_is_the_one_that_c_stops_at():
    header = (kernel.FIRMWARE / "include/mcup_sigmoid_lookup.h").read_text(encoding="utf-8")
    assert f"#define MCUP_SIGMOID_LAST {sigmoid_table.ARGUMENTS - 1} " in header
    assert sigmoid_table.answers()[-1] == 1 << 14


def test_the_bytes_of_the_table_are_known():
    line, rest = sigmoid_table.lines(sigmoid_table.answers())
    assert lstm_op.BY_TABLE.size == 4 * len(line) + len(sigmoid_table.packed(rest))


def test_the_smallest_lstm_has_no_table():
    graph = lstm(np.random.default_rng(7), inputs=28, units=16)
    for goal, finish in (("size", lstm_op.COMPUTED), ("speed", lstm_op.BY_TABLE)):
        (layer,) = choose.layers(graph, load("stm32f405"), goal)
        assert layer.calls[0].fields["cells"]["finish"] == finish


def test_the_functions_are_what_their_names_say():
    x = np.arange(1 << 16, dtype=np.uint16).view(np.int16) / 4096
    assert np.abs(sigmoid.logistic() / 32768 - 1 / (1 + np.exp(-x))).max() < 4e-4
    assert np.abs(sigmoid.tanh(3) / 32768 - np.tanh(x)).max() < 4e-4


def test_a_mask_reaches_every_gate():
    graph = lstm(np.random.default_rng(5), inputs=9, units=8, sparsity=0)
    (mask,) = budget.mask(graph, 0.8)
    masked = budget.apply(graph, [mask])
    assert np.array_equal(lstm_op.weights(masked, masked.ops[0]), mask)
    assert abs(budget.sparsity(masked) - 0.8) < 0.02


def test_a_network_that_remembers_says_so_in_c(tmp_path):
    writer.write(lstm(np.random.default_rng(6)), tmp_path / "net.tflite")
    for stateful in (False, True):
        graph = compiled.read(tmp_path / "net.tflite", "net", stateful)
        layers = choose.layers(graph, load("stm32f405"), "size")
        files = emit.files(graph, layers, plan.plan(graph, layers))
        assert ("void net_reset(void);" in files["net.h"]) == stateful
        assert ("mcup_lstm_reset(&unidirectional_sequence_lstm.cells);" in files["net.c"]) == stateful


def test_nothing_to_remember_is_an_error(tmp_path):
    models.save("tiny", tmp_path)
    with pytest.raises(UsageError, match="networks with LSTM layers"):
        compiled.read(tmp_path / "tiny.tflite", "tiny", True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda op: replace(op, inputs=(*op.inputs[:9], op.inputs[1], *op.inputs[10:])), "peepholes"),
        (lambda op: replace(op, inputs=(*op.inputs[:16], op.inputs[1], *op.inputs[17:])), "projection"),
        (lambda op: replace(op, inputs=(*op.inputs[:20], op.inputs[1], *op.inputs[21:])), "layer normalization"),
        (lambda op: replace(op, inputs=(op.inputs[0], -1, *op.inputs[2:])), "couples"),
        (lambda op: replace(op, attrs={**op.attrs, "fused_activation_function": "RELU"}), "activation RELU"),
        (lambda op: replace(op, attrs={**op.attrs, "variables": ()}), "lacks its state"),
    ],
)
def test_what_keras_does_not_make_is_refused(change, words):
    graph = lstm(np.random.default_rng(4))
    with pytest.raises(UnsupportedModel, match=words):
        lstm_op.check(graph, change(graph.ops[0]))
