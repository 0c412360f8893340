"""ADD, MUL and their kin."""

from dataclasses import replace

import numpy as np
import pytest
from judge import ask_oracle, judge, random_inputs
from kernel import run_all
from writer import quantized, single

from mcuprune import operand, ops
from mcuprune.errors import UnsupportedModel
from mcuprune.graph import Graph, Op, Tensor


def scale(random: np.random.Generator, around: float = 0.1, decades: float = 1.5) -> float:
    return around * 10 ** random.uniform(-decades, decades)


def zero_point(random: np.random.Generator) -> int:
    return int(random.integers(-128, 128))


def some_shape(random: np.random.Generator, most: int = 6) -> tuple[int, ...]:
    """Rank 1 to 4, with TFLite's batch of 1."""
    return (1, *map(int, random.integers(1, most, random.integers(0, 4))))


def broadcastable(random: np.random.Generator, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that broadcasts to or from another: dimensions left out, made 1, or grown from 1."""
    choices = [int(random.choice([n, 1])) if n > 1 else int(random.integers(1, 4)) for n in shape[1:]]
    return (1, *choices)[random.integers(0, len(shape)) :]


def constant(random: np.random.Generator, shape: tuple[int, ...]) -> Tensor:
    data = random.integers(-128, 128, shape, dtype=np.int8).reshape(shape)
    return quantized("constant", shape, scale(random), zero_point(random), data=data)


def pair(random: np.random.Generator, kind: str, other: str) -> Graph:
    """other: 'self' or 'constant'."""
    a = quantized("a", some_shape(random), scale(random), zero_point(random))
    b = a if other == "self" else constant(random, broadcastable(random, a.shape))
    operands = [a, b] if random.random() < 0.5 else [b, a]
    return single(kind, operands, result(random, kind, *operands), **attributes(random, kind))


def result(random: np.random.Generator, kind: str, a: Tensor, b: Tensor) -> Tensor:
    around = {"mul": 100 * a.s * b.s, "squared_difference": 100 * max(a.s, b.s) ** 2}.get(kind, max(a.s, b.s))
    shape = np.broadcast_shapes(a.shape, b.shape)
    return quantized("y", shape, scale(random, around, 1), zero_point(random))


def attributes(random: np.random.Generator, kind: str) -> dict[str, str]:
    if kind == "squared_difference":
        return {}
    return {"fused_activation_function": str(random.choice(operand.FUSED))}


def two_inputs(random: np.random.Generator, kind: str) -> Graph:
    """Of two activations of the network's caller; of one scale where it has to be, alpha of PRELU the smaller."""
    a = quantized("a", some_shape(random), scale(random), zero_point(random))
    b = quantized("b", broadcastable(random, a.shape), scale(random), zero_point(random))
    if kind in ("maximum", "minimum"):
        b, y = replace(b, scale=a.scale, zero_point=a.zero_point), replace(a, name="y")
        y = replace(y, shape=np.broadcast_shapes(a.shape, b.shape))
        return single(kind, [a, b], y)
    if kind == "prelu":
        shape = [n if random.random() < 0.5 else 1 for n in a.shape]
        return single(kind, [a, replace(b, shape=tuple(shape))], replace(result(random, kind, a, a), shape=a.shape))
    return single(kind, [a, b], result(random, kind, a, b), **attributes(random, kind))


def fork(random: np.random.Generator, kind: str) -> Graph:
    """Two activations: the input on another scale, and a part of the input, broadcast: quantize, slice, kind."""
    shape = (1, *map(int, random.integers(1, 5, 3)))
    part = (1, *(int(random.choice([n, 1])) for n in shape[1:]))
    x, z = scale(random), zero_point(random)
    bounds = [quantized(n, (4,), [], data=np.array(v, np.int32), dtype="int32")
              for n, v in (("begin", [0] * 4), ("end", part), ("strides", [1] * 4))]  # fmt: skip
    source = quantized("x", shape, x, z)
    a, b = quantized("a", shape, scale(random, x), zero_point(random)), quantized("b", part, x, z)
    y = quantized("y", shape, scale(random, x if kind == "add" else 100 * a.s * x), zero_point(random))
    masks = dict.fromkeys(("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"), 0)
    sequence = (
        Op("quantize", "quantize", (0,), (4,)),
        Op("strided_slice", "slice", (0, 1, 2, 3), (5,), masks),
        Op(kind, kind, (4, 5), (6,), {"fused_activation_function": "NONE"}),
    )
    return Graph(kind, (source, *bounds, a, b, y), sequence, (0,), (6,))


@pytest.mark.parametrize("kind", ["add", "mul", "sub", "squared_difference"])
@pytest.mark.parametrize("other", ["self", "constant"])
def test_reference_oracle_and_kernel_agree(kind, other):
    random = np.random.default_rng(len(kind + other))
    graphs = [pair(random, kind, other) for _ in range(120)]
    judge([(graph, random_inputs(random, graph)) for graph in graphs])


@pytest.mark.parametrize("kind", ["sub", "squared_difference", "maximum", "minimum", "prelu"])
def test_two_inputs_agree(kind):
    random = np.random.default_rng(len(kind))
    graphs = [two_inputs(random, kind) for _ in range(80)]
    judge([(graph, random_inputs(random, graph)) for graph in graphs])


def test_a_maximum_on_another_scale_is_refused():
    a, b = quantized("a", (1, 4), 0.1), quantized("b", (1, 4), 0.2)
    graph = single("maximum", [a, b], quantized("y", (1, 4), 0.1))
    with pytest.raises(UnsupportedModel, match=r"maximum: MAXIMUM compares b \(0\.2, 0\) on another scale"):
        ops.OPS["maximum"].check(graph, graph.ops[0])


@pytest.mark.parametrize("kind", ["add", "mul"])
def test_two_activations_on_different_scales_agree_with_the_oracle(kind):
    random = np.random.default_rng(5)
    graphs = [fork(random, kind) for _ in range(60)]
    cases = [(graph, random_inputs(random, graph)) for graph in graphs]
    values = [ops.run(graph, inputs, keep=True) for graph, inputs in cases]
    for want, told in zip(values, ask_oracle(cases), strict=True):
        assert np.array_equal(want[6], told)
    layers = [ops.OPS[kind].lower(graph, graph.ops[2]) for graph in graphs]
    runs = [(graph, layer, (kept[4], kept[5])) for graph, layer, kept in zip(graphs, layers, values, strict=True)]
    for want, got in zip(values, run_all(runs), strict=True):
        assert np.array_equal(want[6], got)


def test_equal_shapes_are_one_flat_loop():
    x = quantized("x", (1, 8, 8, 16), 0.1)
    graph = single("add", [x, x], quantized("y", x.shape, 0.2), fused_activation_function="NONE")
    layer = ops.OPS["add"].lower(graph, graph.ops[0])
    assert layer.calls[0].fields["dims"] == (1, 1, 1, 1024)
    assert layer.in_place == (0, 1)


def test_only_an_operand_of_the_output_s_shape_gives_its_memory():
    random = np.random.default_rng(6)
    x = quantized("x", (1, 4, 4, 8), 0.1)
    graph = single("mul", [constant(random, (8,)), x], quantized("y", x.shape, 0.2), fused_activation_function="NONE")
    assert ops.OPS["mul"].lower(graph, graph.ops[0]).in_place == (1,)


def test_a_sum_that_the_oracle_cannot_scale_is_refused():
    x = quantized("x", (1, 4), 0.1)
    graph = single("add", [x, x], quantized("y", x.shape, 1e-8), fused_activation_function="NONE")
    with pytest.raises(UnsupportedModel, match="add: ADD has output scale 1e-08, less than a millionth"):
        ops.OPS["add"].check(graph, graph.ops[0])


def test_a_float_constant_is_refused():
    data = np.ones(4, np.float32)
    x, c = quantized("x", (1, 4), 0.1), quantized("c", (4,), [], data=data, dtype="float32")
    graph = single("mul", [x, c], quantized("y", x.shape, 0.1), fused_activation_function="NONE")
    with pytest.raises(UnsupportedModel, match=r"mul: MUL has the constant c \(float32\)"):
        ops.OPS["mul"].check(graph, graph.ops[0])
