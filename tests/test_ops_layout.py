"""Operators that move bytes and change none: CONCATENATION, PAD, STRIDED_SLICE, TRANSPOSE, RESHAPE and its kin."""

from dataclasses import replace

import kernel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judge import judge, random_inputs
from writer import quantized, single, write

from mcuprune import ends, ops, oracle, strides
from mcuprune.errors import UnsupportedModel
from mcuprune.graph import Graph, Op, Tensor
from mcuprune.ops import strided_slice
from mcuprune.tflite import read

MASKS = ("begin", "end", "ellipsis", "new_axis", "shrink_axis")


def integers(name: str, values, dtype: str = "int32") -> Tensor:
    data = np.array(values, dtype)
    return quantized(name, data.shape, [], data=data, dtype=dtype)


def activation(name: str, shape) -> Tensor:
    return quantized(name, tuple(map(int, shape)), 0.1, 5)


def some_shape(random: np.random.Generator, ranks: tuple[int, int] = (1, 4), most: int = 6) -> tuple[int, ...]:
    return (1, *map(int, random.integers(1, most, random.integers(ranks[0], ranks[1] + 1) - 1)))


def judge_many(random: np.random.Generator, graphs: list[Graph]) -> None:
    judge([(graph, random_inputs(random, graph)) for graph in graphs])


# --- STRIDED_SLICE -----------------------------------------------------------------------------------------------


def sliced(shape: tuple[int, ...], index: tuple) -> Graph | None:
    """x[index] as an operator; None where nothing is left."""
    begin, end, step = [], [], []
    masks = {f"{name}_mask": 0 for name in MASKS}
    for i, item in enumerate(index):
        first, last, by = 0, 1, 1
        if item is Ellipsis or item is None:
            masks["ellipsis_mask" if item is Ellipsis else "new_axis_mask"] |= 1 << i
        elif isinstance(item, slice):
            masks["begin_mask"] |= (item.start is None) << i
            masks["end_mask"] |= (item.stop is None) << i
            first, last, by = item.start or 0, item.stop or 0, item.step
        else:
            masks["shrink_axis_mask"] |= 1 << i
            first, last = item, item + 1
        begin, end, step = [*begin, first], [*end, last], [*step, by]
    taken = np.empty(shape, np.int8)[index]
    bounds = [integers("begin", begin), integers("end", end), integers("strides", step)]
    graph = single("strided_slice", [activation("x", shape), *bounds], activation("y", taken.shape), **masks)
    return graph if taken.size else None


def some_index(random: np.random.Generator, shape: tuple[int, ...]) -> tuple:
    """A NumPy index of slices, integers, at most one ellipsis and at most one new axis; the batch is kept whole."""
    count = int(random.integers(1, len(shape) + 1))
    gap = int(random.integers(1, count + 1)) if count < len(shape) else count  # before it, then an ellipsis
    chosen = [*range(gap), *range(len(shape) - (count - gap), len(shape))]
    items: list = [slice(None, None, 1)] + [_some_item(random, shape[axis]) for axis in chosen[1:]]
    if gap < count:
        items.insert(gap, Ellipsis)
    if random.random() < 0.3 and len(shape) < 4:
        items.insert(int(random.integers(0, len(items) + 1)), None)
    return tuple(items)


def _some_item(random: np.random.Generator, size: int):
    if random.random() < 0.2:
        return int(random.integers(-size, size))
    bounds = [None if random.random() < 0.3 else int(random.integers(-size - 1, size + 2)) for _ in range(2)]
    return slice(*bounds, int(random.choice([1, 1, 1, 2, 3, -1, -2])))


def test_strided_slices_agree():
    random = np.random.default_rng(1)
    shapes = [some_shape(random) for _ in range(250)]
    graphs = [graph for shape in shapes if (graph := sliced(shape, some_index(random, shape)))]
    assert len(graphs) > 100
    judge_many(random, graphs)


@given(st.data())
def test_a_slice_is_numpy_s(data):
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    shape = some_shape(random, most=8)
    index = some_index(random, shape)
    graph = sliced(shape, index)
    if graph is not None:
        x = random.integers(-128, 128, shape, dtype=np.int8)
        (y,) = strided_slice.reference(graph, graph.ops[0], [x])
        assert np.array_equal(y.reshape(-1), x[index].reshape(-1))


def test_a_slice_that_keeps_everything_costs_nothing():
    graph = sliced((1, 4, 6), (slice(None, None, 1), Ellipsis, slice(0, 6, 1)))
    assert strided_slice.lower(graph, graph.ops[0]).alias


def test_an_ellipsis_for_nothing_is_refused():
    graph = sliced((1, 4), (slice(None, None, 1), Ellipsis, slice(0, 2, 1)))
    with pytest.raises(UnsupportedModel, match="strided_slice: STRIDED_SLICE has more than 2 items or an ellipsis"):
        strided_slice.check(graph, graph.ops[0])


def test_a_slice_with_computed_bounds_is_refused():
    x = activation("x", (1, 4))
    bounds = [integers("begin", [0, 0]), integers("end", [1, 2]), x]
    graph = single("strided_slice", [x, *bounds], activation("y", (1, 2)))
    with pytest.raises(UnsupportedModel, match="strided_slice: STRIDED_SLICE takes its strides from another layer"):
        strided_slice.check(graph, graph.ops[0])


# --- TRANSPOSE, CONCATENATION, PAD, RESHAPE ----------------------------------------------------------------------


def transposed(shape: tuple[int, ...], perm: list[int]) -> Graph:
    y = activation("y", [shape[axis] for axis in perm])
    return single("transpose", [activation("x", shape), integers("perm", perm)], y)


def test_transposes_agree():
    random = np.random.default_rng(2)
    shapes = [some_shape(random, (1, 5)) for _ in range(100)]
    judge_many(random, [transposed(shape, random.permutation(len(shape)).tolist()) for shape in shapes])


def test_a_transpose_of_dimensions_of_one_costs_nothing():
    graph = transposed((1, 5, 1, 7), [0, 2, 1, 3])
    assert ops.OPS["transpose"].lower(graph, graph.ops[0]).alias


def concatenated(random: np.random.Generator) -> Graph:
    x = activation("x", some_shape(random, (2, 4)))
    axis = int(random.integers(0, len(x.shape)))
    operands = [x]
    for _ in range(random.integers(0, 4)):
        shape = tuple(int(random.integers(1, 5)) if i == axis else n for i, n in enumerate(x.shape))
        data = random.integers(-128, 128, shape, dtype=np.int8)
        operands.insert(int(random.integers(0, 2)), random.choice([x, quantized("c", shape, 0.1, 5, data=data)]))
    total = sum(operand.shape[axis] for operand in operands)
    y = activation("y", [total if i == axis else n for i, n in enumerate(x.shape)])
    axis -= len(x.shape) if random.random() < 0.3 else 0
    return single("concatenation", operands, y, axis=axis, fused_activation_function="NONE")


def test_concatenations_agree():
    random = np.random.default_rng(3)
    judge_many(random, [concatenated(random) for _ in range(100)])


def test_a_concatenation_of_different_scales_is_refused():
    x = activation("x", (1, 4))
    graph = single("concatenation", [x, x], quantized("y", (1, 8), 0.2, 5), axis=1, fused_activation_function="NONE")
    with pytest.raises(UnsupportedModel, match=r"concatenation: CONCATENATION joins x \(0\.1, 5\) into another scale"):
        ops.OPS["concatenation"].check(graph, graph.ops[0])


def padded(random: np.random.Generator, kind: str) -> Graph:
    x = activation("x", some_shape(random, (1, 4)))
    frame = random.integers(0, 3, (len(x.shape), 2))
    frame[0] = 0 if random.random() < 0.8 else frame[0]
    operands = [x, integers("paddings", frame, str(random.choice(["int32", "int64"])))]
    if kind == "padv2":
        operands.append(quantized("value", (1,), 0.1, 5, data=random.integers(-128, 128, 1, dtype=np.int8)))
    return single(kind, operands, activation("y", np.array(x.shape) + frame.sum(1)))


@pytest.mark.parametrize("kind", ["pad", "padv2"])
def test_pads_agree(kind):
    random = np.random.default_rng(4)
    judge_many(random, [padded(random, kind) for _ in range(80)])


def test_shapes_agree():
    random = np.random.default_rng(5)
    x = activation("x", (1, 3, 1, 4))
    graphs = [
        single("reshape", [x, integers("shape", [1, 12])], activation("y", (1, 12))),
        single("reshape", [x, integers("shape", [3, 4])], activation("y", (3, 4))),
        single("reshape", [x], activation("y", (2, 6)), new_shape=(2, 6)),
        single("squeeze", [x], activation("y", (1, 3, 4)), squeeze_dims=(2,)),
        single("squeeze", [x], activation("y", (3, 4)), squeeze_dims=()),
        single("expand_dims", [x, integers("axis", [-1])], activation("y", (1, 3, 1, 4, 1))),
    ]
    judge_many(random, graphs)
    assert all(ops.OPS[graph.ops[0].kind].lower(graph, graph.ops[0]).alias for graph in graphs)


# --- strides -----------------------------------------------------------------------------------------------------


def addresses(dims: tuple[int, ...], step: tuple[int, ...]) -> list[int]:
    """What a loop visits, in order."""
    grid = np.zeros(dims, np.int64)
    for axis, by in enumerate(step):
        grid += by * np.arange(dims[axis]).reshape([-1 if i == axis else 1 for i in range(len(dims))])
    return grid.reshape(-1).tolist()


shapes = st.lists(st.integers(1, 5), max_size=5).map(tuple)


@given(shapes, st.data())
def test_collapsed_loops_visit_the_same_elements_in_the_same_order(dims, data):
    perm = data.draw(st.permutations(range(len(dims))))
    base = strides.steps([dims[axis] for axis in perm])
    moved = tuple(base[perm.index(axis)] for axis in range(len(dims)))
    broadcast = tuple(data.draw(st.sampled_from([0, step])) for step in strides.steps(dims))
    few, *arrays = strides.collapse(dims, moved, broadcast)
    assert [addresses(few, step) for step in arrays] == [addresses(dims, step) for step in (moved, broadcast)]
    assert 1 not in few


@given(shapes)
def test_a_contiguous_array_collapses_to_one_dimension(dims):
    few, step = strides.collapse(dims, strides.steps(dims))
    assert (few, step) in [((np.prod(dims),), (1,)), ((), ())]


# --- SLICE, SPLIT, UNPACK, PACK and the like ---------------------------------------------------------------------


def cut(random: np.random.Generator) -> Graph:
    x = activation("x", some_shape(random, (1, 5)))
    first = [int(random.integers(0, n)) for n in x.shape]
    count = [int(random.integers(1, n - f + 1)) for n, f in zip(x.shape, first, strict=True)]
    size = [-1 if random.random() < 0.3 and f + c == n else c for n, f, c in zip(x.shape, first, count, strict=True)]
    return single("slice", [x, integers("begin", first), integers("size", size)], activation("y", count))


def packed(random: np.random.Generator) -> Graph:
    x, y = (activation(name, some_shape(random, (1, 4))) for name in "xy")
    y = activation("y", x.shape)
    data = random.integers(-128, 128, x.shape, dtype=np.int8)
    operands = [[x, x, y], [y, quantized("c", x.shape, 0.1, 5, data=data)], [x]][random.integers(3)]
    axis = int(random.integers(0, len(x.shape) + 1))
    shape = [*x.shape[:axis], len(operands), *x.shape[axis:]]
    axis -= len(shape) if random.random() < 0.3 else 0
    return single("pack", operands, activation("z", shape), axis=axis, values_count=len(operands))


def folded(random: np.random.Generator, kind: str) -> Graph:
    block, rows, columns, channels = map(int, random.integers(1, 5, 4))
    shapes = (1, rows * block, columns * block, channels), (1, rows, columns, block**2 * channels)
    x, y = shapes if kind == "space_to_depth" else shapes[::-1]
    return single(kind, [activation("x", x)], activation("y", y), block_size=block)


def tiled(random: np.random.Generator) -> Graph:
    x = activation("x", some_shape(random, (1, 4), 4))
    times = [int(random.choice([1, 1, 2, 3])) for _ in x.shape]
    times[int(random.integers(len(times)))] = 1
    return single("tile", [x, integers("times", times)], activation("y", np.array(x.shape) * times))


def reversed_(random: np.random.Generator) -> Graph:
    x = activation("x", some_shape(random, (2, 4)))
    return single("reverse_v2", [x, integers("axes", [int(random.integers(len(x.shape)))])], activation("y", x.shape))


def mirrored(random: np.random.Generator) -> Graph:
    x, mode = activation("x", some_shape(random, (2, 4))), int(random.integers(2))
    most = [n - (mode == 0) for n in x.shape]
    frame = [[int(random.integers(0, n + 1)) if axis else 0 for _ in range(2)] for axis, n in enumerate(most)]
    y = activation("y", np.array(x.shape) + np.sum(frame, 1))
    return single("mirror_pad", [x, integers("paddings", frame)], y, mode=("REFLECT", "SYMMETRIC")[mode])


@pytest.mark.parametrize("make", [
    cut, packed, tiled, reversed_, mirrored, lambda random: folded(random, "space_to_depth"),
    lambda random: folded(random, "depth_to_space"),
], ids=["slice", "pack", "tile", "reverse_v2", "mirror_pad", "space_to_depth", "depth_to_space"])  # fmt: skip
def test_copies_agree(make):
    random = np.random.default_rng(6)
    judge_many(random, [make(random) for _ in range(40)])


def several(random: np.random.Generator, kind: str) -> Graph:
    """With several results, as a file has it; some of them are nobody's."""
    parts = [int(n) for n in random.integers(1, 4, random.integers(1, 5))]
    parts = parts if kind == "split_v" else [parts[0] if kind == "split" else 1] * len(parts)
    shape = list(some_shape(random, (2, 4)))
    axis = int(random.integers(1, len(shape)))
    shape[axis] = sum(parts)
    x, along = activation("x", shape), integers("axis", axis - len(shape) if random.random() < 0.3 else axis)
    results = [activation(f"y{i}", [*shape[:axis], *([] if kind == "unpack" else [n]), *shape[axis + 1 :]])
               for i, n in enumerate(parts)]  # fmt: skip
    if kind == "split_v":
        sizes = [*parts[:-1], -1] if random.random() < 0.5 else parts
        given, attrs = [x, integers("sizes", sizes), along], {"num_splits": len(parts)}
    elif kind == "split":
        given, attrs = [along, x], {"num_splits": len(parts)}
    else:
        given, attrs = [x], {"num": len(parts), "axis": axis}
    first = len(given)
    op = Op(kind, kind, tuple(range(first)), tuple(range(first, first + len(parts))), attrs)
    kept = tuple(first + i for i in sorted(random.permutation(len(parts))[: random.integers(1, 5)].tolist()))
    return Graph(kind, (*given, *results), (op,), (given.index(x),), kept)


@pytest.mark.parametrize("kind", ["split", "split_v", "unpack"])
def test_operators_of_several_results_agree(kind, tmp_path):
    random = np.random.default_rng(7)
    paths = [tmp_path / f"{i}.tflite" for i in range(40)]
    for path in paths:
        write(several(random, kind), path)
    graphs = [read(path) for path in paths]
    inputs = [random_inputs(random, graph) for graph in graphs]
    values = [ops.run(graph, x, keep=True) for graph, x in zip(graphs, inputs, strict=True)]
    for graph, kept, told in zip(graphs, values, oracle.run_many(list(zip(paths, inputs, strict=True))), strict=True):
        assert np.array_equal(ends.join(graph.targets, [kept[i] for i in graph.outputs]), told)
    layers = [(graph, ops.OPS[kind].lower(graph, op), (x,), kept[op.outputs[0]])
              for graph, x, kept in zip(graphs, inputs, values, strict=True) for op in graph.ops]  # fmt: skip
    for (graph, _, _, want), got in zip(layers, kernel.run_all([case[:3] for case in layers]), strict=True):
        assert np.array_equal(got, want), graph


def test_a_result_that_nobody_reads_is_not_computed(tmp_path):
    graph = several(np.random.default_rng(3), "unpack")
    write(replace(graph, outputs=graph.ops[0].outputs[:1]), tmp_path / "unpack.tflite")
    assert len(read(tmp_path / "unpack.tflite").ops) == 1
