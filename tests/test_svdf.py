"""SVDF: reference, oracle and kernels, over sequences of inferences."""

from dataclasses import replace

import kernel
import numpy as np
import pytest
import runtime
from judge import judge, lowered, random_inputs
from svdfs import random_svdf, svdf
from writer import write

from mcuprune import declare, emit, ops, plan, tflite
from mcuprune.errors import UnsupportedModel
from mcuprune.graph import Graph
from mcuprune.ops import svdf as svdf_op


def sequence(graph: Graph, x: np.ndarray) -> np.ndarray:
    """The outputs of inferences that follow one another.  x: int8 [n, inputs]"""
    (op,) = graph.ops
    state, outputs = np.zeros((1, *graph.operand(op, svdf_op.TIME).shape), np.int64), []
    for sample in x:
        output, state = svdf_op.step(graph, op, sample[None], state)
        outputs.append(output[0])
    return np.array(outputs)


def test_first_inferences_agree():
    random = np.random.default_rng(1)
    graphs = [random_svdf(random) for _ in range(40)]
    judge([(graph, random_inputs(random, graph, 3)[:1]) for graph in graphs])


def test_sequences_agree_with_tflite_and_with_every_kernel(tmp_path):
    random = np.random.default_rng(2)
    for graph in (random_svdf(random) for _ in range(8)):
        x = random_inputs(random, graph, 20)
        want = sequence(graph, x)
        write(graph, tmp_path / "model.tflite")
        assert np.array_equal(runtime.run(tmp_path / "model.tflite", x), want)
        for layer in lowered(graph):
            assert np.array_equal(kernel.run(graph, layer, x), want), layer.calls[0].function


def test_the_past_counts():
    random = np.random.default_rng(3)
    graph = svdf(random, memory=4)
    x = random_inputs(random, graph, 8)
    assert not np.array_equal(sequence(graph, x), ops.run(graph, x))
    assert np.array_equal(sequence(graph, x)[:1], ops.run(graph, x[:1]))


def test_a_network_with_a_past_can_be_reset(tmp_path):
    write(svdf(np.random.default_rng(4)), tmp_path / "model.tflite")
    graph = tflite.read(tmp_path / "model.tflite")
    layers = [lowered(graph)[0]]
    assert declare.stateful(layers)
    files = emit.files(graph, layers, plan.plan(graph, layers))
    assert "mcup_svdf_reset(&svdf);" in files["model.c"]
    assert "void model_reset(void);" in files["model.h"]


@pytest.mark.parametrize(
    ("attrs", "reason"),
    [
        ({"fused_activation_function": "NONE"}, "has activation NONE, TFLite's integer kernel demands RELU"),
        ({"rank": 3}, r"reads \[1, 10\] with features of \[8, 10\] and rank 3"),
        ({"variables": ()}, "lacks its state"),
    ],
)
def test_what_the_kernel_cannot_compute_is_refused(attrs, reason):
    graph = svdf(np.random.default_rng(5))
    op = replace(graph.ops[0], attrs={**graph.ops[0].attrs, **attrs})
    with pytest.raises(UnsupportedModel, match=f"svdf: SVDF {reason}"):
        svdf_op.check(graph, op)
