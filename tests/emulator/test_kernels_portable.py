"""Kernels that are the same C on every core: the bytes of the reference, no byte beside the output."""

import arm
import numpy as np
import pytest
from judge import lowered, random_inputs
from test_int16 import MATRICES, broadcast, curve, in_int16, requantized, widened
from test_int16 import softmaxed as wide_softmax
from test_ops_images import overflows, resized, transposed
from test_ops_lookup import unary
from test_ops_pairs import two_inputs
from test_ops_reduce import averaged, embedded, gathered, located, log_softmaxed, multiplied, pooled
from writer import quantized, single

from mcuprune import board, ends, ops

pytestmark = pytest.mark.emulator

CORES = ["rpi_pico", "mps2_an386", "mps3_an547"]


def extreme(random, kind):
    """Over height and width."""
    x, axes, y = averaged(random, (1, 4, 5, 3), [1, 2], True).tensors
    return single(kind, [x, axes], quantized("y", y.shape, x.scale, x.zero_point), keep_dims=True)


def vectors(random):
    x = quantized("x", (1, 3, int(random.integers(1, 40))), 0.1, random.integers(-128, 128))
    return single("l2_normalization", [x], quantized("y", x.shape, 1 / 128), fused_activation_function="NONE")


def logarithms(random):
    return log_softmaxed(random, (1, int(random.integers(1, 4)), int(random.integers(1, 60))))


MAKERS = [
    *(lambda random, kind=kind: two_inputs(random, kind)
      for kind in ("sub", "squared_difference", "maximum", "minimum", "prelu")),
    *(lambda random, kind=kind: resized(random, kind) for kind in ("resize_nearest_neighbor", "resize_bilinear")),
    *(lambda random, kind=kind: extreme(random, kind) for kind in ("reduce_max", "reduce_min")),
    *(lambda random, kind=kind: unary(random, kind) for kind in ("elu", "log", "sqrt")),
    transposed, multiplied, gathered, embedded, located, vectors, logarithms,
]  # fmt: skip
INT16 = [
    *(lambda random, kind=kind: in_int16(pooled(random, kind)) for kind in ("max_pool_2d", "average_pool_2d")),
    *(lambda random, kind=kind: broadcast(random, kind) for kind in ("add", "mul")),
    *(lambda random, kind=kind, biases=biases: widened(random, MATRICES[kind](random), biases)
      for kind, biases in (("conv_2d", "int64"), ("conv_2d", "int32"), ("depthwise_conv_2d", "int64"),
                           ("fully_connected", "int64"), ("fully_connected", "int32"))),
    *(lambda random, kind=kind: curve(random, kind) for kind in ("logistic", "tanh")),
    lambda random: requantized(random, "int8"), lambda random: requantized(random, "int16"),
    lambda random: wide_softmax(random, (1, 2, int(random.integers(1, 40)))),
    lambda random: in_int16(averaged(random, (1, 4, 5, 3), [1, 2], True)),
]  # fmt: skip


@pytest.mark.parametrize("makers", [MAKERS, INT16], ids=["int8", "int16"])
@pytest.mark.parametrize("core", CORES)
def test_every_core_computes_the_reference_s_bytes(core, makers):
    random = np.random.default_rng(len(core))
    graphs = [make(random) for make in makers for _ in range(5)]
    graphs = [graph for graph in graphs if graph.ops[0].kind != "resize_bilinear" or not overflows(graph)]
    cases = [(graph, layer, random_inputs(random, graph)) for graph in graphs for layer in lowered(graph)]
    given = [(graph, layer, ends.split(graph.sources, x)) for graph, layer, x in cases]
    for (graph, layer, x), got in zip(cases, arm.run_all(given, board.load(core)), strict=True):
        assert np.array_equal(ends.join(graph.targets, [got]), ops.run(graph, x)), (
            f"{core}: {layer.calls[0].function} {graph}"
        )
