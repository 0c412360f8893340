"""Operators that make less of their input: pools, MEAN, SOFTMAX."""

from dataclasses import replace

import kernel
import numpy as np
import pytest
from judge import judge, random_inputs
from writer import quantized, single

from mcuprune import operand, ops
from mcuprune.errors import UnsupportedModel
from mcuprune.graph import Graph
from mcuprune.ops import log_softmax, mean, softmax
from mcuprune.window import axis


def pooled(random: np.random.Generator, kind: str) -> Graph:
    padding = str(random.choice(["SAME", "VALID"]))
    kernel, stride = random.integers(1, 6, 2), random.integers(1, 5, 2)
    height, width = random.integers(1, 10, 2) + (kernel if padding == "VALID" else 0)
    down, across = (axis(*map(int, sizes), padding) for sizes in zip((height, width), kernel, stride, strict=True))
    scale, zero_point, channels = 10 ** random.uniform(-2, 0.5), random.integers(-128, 128), int(random.integers(1, 9))
    x = quantized("x", (1, down.inputs, across.inputs, channels), scale, zero_point)
    y = quantized("y", (1, down.outputs, across.outputs, channels), scale, zero_point)
    return single(
        kind, [x], y,
        padding=padding, stride_h=down.stride, stride_w=across.stride,
        filter_height=down.kernel, filter_width=across.kernel,
        fused_activation_function=str(random.choice(operand.FUSED)),
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["max_pool_2d", "average_pool_2d"])
def test_pools_agree(kind):
    random = np.random.default_rng(1)
    graphs = [pooled(random, kind) for _ in range(120)]
    judge([(graph, random_inputs(random, graph)) for graph in graphs])
    in_place = [graph for graph in graphs if ops.OPS[kind].lower(graph, graph.ops[0]).in_place]
    assert len(in_place) > 15  # the harness has run these both ways


def averaged(random: np.random.Generator, shape: tuple[int, ...], over: list[int], keep: bool) -> Graph:
    scale = 10 ** random.uniform(-3, 0)
    x = quantized("x", shape, scale, random.integers(-128, 128))
    target = tuple(1 if i in over else n for i, n in enumerate(shape) if keep or i not in over)
    y_scale = scale if random.random() < 0.3 else scale * 10 ** random.uniform(-1.5, 1)
    data = np.array([i - len(shape) if random.random() < 0.3 else i for i in over], np.int32)
    axes = quantized("axes", data.shape, [], data=data, dtype="int32")
    return single("mean", [x, axes], quantized("y", target, y_scale, random.integers(-128, 128)), keep_dims=keep)


def test_means_agree():
    random = np.random.default_rng(2)
    graphs = []
    for _ in range(150):
        shape = (1, *map(int, random.integers(1, 9, random.integers(1, 4))))
        over = random.permutation(len(shape))[: random.integers(1, len(shape) + 1)]
        graphs.append(averaged(random, shape, over.tolist(), bool(random.random() < 0.5)))
    judge([(graph, random_inputs(random, graph)) for graph in graphs])


def test_means_of_many_elements_agree():
    random = np.random.default_rng(3)
    sizes = [(1, 25, 5, 8), (1, 64, 64, 2), (1, 1, 9000, 1), (1, 7, 7, 3)]
    graphs = [averaged(random, shape, [1, 2], keep) for shape in sizes for keep in (True, False)]
    judge([(graph, random_inputs(random, graph)) for graph in graphs])


def test_a_mean_of_alternating_dimensions_is_refused():
    graph = averaged(np.random.default_rng(4), (1, 2, 2, 2, 2, 2), [1, 3, 5], False)
    with pytest.raises(UnsupportedModel, match="mean: MEAN over axes"):
        mean.check(graph, graph.ops[0])


def softmaxed(random: np.random.Generator, shape: tuple[int, ...]) -> Graph:
    scale = 10 ** (random.uniform(-3, -0.5) if random.random() < 0.5 else random.uniform(-5, 1.5))
    x = quantized("x", shape, scale, random.integers(-128, 128))
    beta = float(random.choice([1.0, 1.0, 0.5, 2.0, 0.1, 3.7]))
    return single("softmax", [x], quantized("y", shape, 1 / 256, -128), beta=beta)


def test_softmaxes_agree():
    random = np.random.default_rng(5)
    shapes = [(1, *map(int, random.integers(1, 4, random.integers(0, 3))), int(random.integers(1, 40)))
              for _ in range(200)] + [(1, int(n)) for n in random.integers(40, 512, 40)]  # fmt: skip
    graphs = [softmaxed(random, shape) for shape in shapes]
    inputs = [random_inputs(random, graph, 6) for graph in graphs]
    judge([(graph, x // random.choice([1, 1, 16]).astype(np.int8)) for graph, x in zip(graphs, inputs, strict=True)])


def test_a_table_of_exponentials_is_as_long_as_it_must_be():
    lengths = {}
    for scale in (0.01, 0.3, 4.0, 40.0):
        x = quantized("x", (1, 10), scale)
        graph = single("softmax", [x], quantized("y", (1, 10), 1 / 256, -128), beta=1.0)
        entries = softmax.table(graph, graph.ops[0])
        assert entries[0] == 2**31 - 1
        assert np.all(np.diff(entries) <= 0)
        assert entries[-1] > 0
        lengths[scale] = len(entries)
    assert lengths[0.01] == 256
    assert lengths[0.3] < 80
    assert lengths[40.0] == 2


def test_a_softmax_that_overflows_in_the_oracle_is_refused():
    graph = softmaxed(np.random.default_rng(6), (1, 512))
    with pytest.raises(UnsupportedModel, match="softmax: SOFTMAX is over 512 elements, more than 511"):
        softmax.check(graph, graph.ops[0])


# --- LOG_SOFTMAX -------------------------------------------------------------------------------------------------


def log_softmaxed(random: np.random.Generator, shape: tuple[int, ...], scale: float | None = None) -> Graph:
    scale = scale or 10 ** (random.uniform(-3, -0.5) if random.random() < 0.5 else random.uniform(-7, 1.8))
    x = quantized("x", shape, scale, random.integers(-128, 128))
    return single("log_softmax", [x], quantized("y", shape, 1 / 16, 127))


def test_logarithms_of_softmaxes_agree():
    random = np.random.default_rng(15)
    shapes = [(1, *map(int, random.integers(1, 4, random.integers(0, 3))), int(random.integers(1, 40)))
              for _ in range(200)] + [(1, int(n)) for n in random.integers(40, 4096, 20)] + [(1, 4095)]  # fmt: skip
    graphs = [log_softmaxed(random, shape) for shape in shapes]
    # around scales where TFLite cuts differences off before they are 16 below
    graphs += [log_softmaxed(random, (1, 300), 2.0**e * (1 + 2.0**-f)) for e in range(-5, 6) for f in (1, 5, 9, 20)]
    inputs = [random_inputs(random, graph, 6) for graph in graphs]
    judge([(graph, x // random.choice([1, 1, 16]).astype(np.int8)) for graph, x in zip(graphs, inputs, strict=True)])


def test_a_logarithm_is_within_a_millionth_of_the_real_one():
    sums = np.unique(np.concatenate([np.geomspace(2**19, 2**31 - 1, 10_000).astype(np.int64), 2 ** np.arange(19, 31)]))
    assert np.abs(log_softmax.logarithm(sums) / 2**26 - np.log(sums / 2**19)).max() < 1e-6


@pytest.mark.parametrize(
    ("shape", "source", "target", "reason"),
    [
        ((1, 4096), 0.1, (1 / 16, 127), "is over 4096 elements, more than 4095"),
        ((1, 9), 0.1, (1 / 256, -128), "has output scale 0.00390625 and zero point -128"),
        ((1, 9), 1e-8, (1 / 16, 127), "has input scale 1e-08, of which TFLite's kernel makes nothing"),
    ],
)
def test_logarithms_that_the_oracle_cannot_compute_are_refused(shape, source, target, reason):
    graph = single("log_softmax", [quantized("x", shape, source)], quantized("y", shape, *target))
    with pytest.raises(UnsupportedModel, match=f"log_softmax: LOG_SOFTMAX {reason}"):
        log_softmax.check(graph, graph.ops[0])


# --- REDUCE_MAX, REDUCE_MIN, L2_NORMALIZATION, BATCH_MATMUL, GATHER ----------------------------------------------


@pytest.mark.parametrize("kind", ["reduce_max", "reduce_min"])
def test_extremes_agree(kind):
    random = np.random.default_rng(7)
    graphs = []
    for _ in range(60):
        shape = (1, *map(int, random.integers(1, 9, random.integers(1, 4))))
        over = random.permutation(len(shape))[: random.integers(1, len(shape) + 1)]
        graph = averaged(random, shape, over.tolist(), bool(random.random() < 0.5))
        x, axes, y = graph.tensors
        graphs.append(single(kind, [x, axes], replace(x, name="y", shape=y.shape), **graph.ops[0].attrs))
    judge([(graph, random_inputs(random, graph)) for graph in graphs])


def test_normalized_vectors_agree():
    random = np.random.default_rng(8)
    graphs = []
    for depth in [1, 2, 3, 5, 8, 40, 300] * 6:
        x = quantized("x", (1, int(random.integers(1, 5)), depth), 0.1, random.integers(-128, 128))
        graphs.append(
            single("l2_normalization", [x], quantized("y", x.shape, 1 / 128), fused_activation_function="NONE")
        )
    cases = [(graph, random_inputs(random, graph, 6)) for graph in graphs]
    cases += [(graph, (graph.input.z + x // 32).clip(-128, 127).astype(np.int8)) for graph, x in cases]
    judge(cases)


def multiplied(random: np.random.Generator) -> Graph:
    rows, depth, columns = map(int, random.integers(1, 9, 3))
    adj_x, adj_y = bool(random.integers(2)), bool(random.integers(2))
    batches = [1, *map(int, random.integers(1, 4, random.integers(0, 2)))]
    some, others = ([n if random.random() < 0.7 else 1 for n in batches] for _ in range(2))
    others = some if adj_x else others[int(random.integers(len(others) + 1)) :]
    a = quantized("a", (*some, *([depth, rows] if adj_x else [rows, depth])), 0.1, random.integers(-128, 128))
    shape = (*others, *([columns, depth] if adj_y else [depth, columns]))
    data = random.integers(-128, 128, shape).astype(np.int8) if random.random() < 0.3 else None
    b = quantized("b", shape, 0.05, random.integers(-128, 128), data=data)
    y = quantized("y", (*np.broadcast_shapes(some, others), rows, columns), 0.3, random.integers(-128, 128))
    return single("batch_matmul", [a, b], y, adj_x=adj_x, adj_y=adj_y)


def test_products_of_matrices_agree():
    random = np.random.default_rng(9)
    graphs = [multiplied(random) for _ in range(80)]
    judge([(graph, random_inputs(random, graph)) for graph in graphs])


def gathered(random: np.random.Generator) -> Graph:
    shape = (1, *map(int, random.integers(1, 6, random.integers(1, 4))))
    axis = int(random.integers(1, len(shape)))
    index = random.integers(0, shape[axis], random.integers(1, 5, random.integers(1, 3))).astype(np.int32)
    target = (*shape[:axis], *index.shape, *shape[axis + 1 :])
    x, y = (quantized(name, s, 0.1, 5) for name, s in (("x", shape), ("y", target)))
    indices = quantized("indices", index.shape, [], data=index, dtype="int32")
    return single("gather", [x, indices], y, axis=axis - (len(shape) if random.random() < 0.3 else 0), batch_dims=0)


def test_gathered_slices_agree():
    random = np.random.default_rng(10)
    judge([(graph, random_inputs(random, graph)) for graph in (gathered(random) for _ in range(40))])


def embedded(random: np.random.Generator) -> Graph:
    """Rows of a table, or slices of an activation, that an int32 input chooses."""
    count, rows, width = map(int, random.integers(1, 9, 3))
    indices = quantized("indices", (1, count), [], dtype="int32")
    data = random.integers(-128, 128, (rows, width)).astype(np.int8)
    table = quantized("table", data.shape, 0.1, 5, data=data)
    match random.integers(3):
        case 0:
            y = quantized("y", (count, width), 0.1, 5)
            return single("embedding_lookup", [replace(indices, shape=(count,)), table], y)
        case 1:
            return single("gather", [table, indices], quantized("y", (1, count, width), 0.1, 5), axis=0, batch_dims=0)
    x, y = quantized("x", (1, width, rows, 2), 0.1, 5), quantized("y", (1, width, 1, count, 2), 0.1, 5)
    return single("gather", [x, indices], y, axis=2, batch_dims=0)


def located(random: np.random.Generator) -> Graph:
    shape = (1, *map(int, random.integers(1, 6, random.integers(1, 4))))
    axis, dtype = int(random.integers(1, len(shape))), str(random.choice(["int32", "int64"]))
    along = quantized("axis", (), [], data=np.array(axis - len(shape) * random.integers(2), np.int32), dtype="int32")
    y = quantized("y", (*shape[:axis], *shape[axis + 1 :]), [], dtype=dtype)
    kind = str(random.choice(["arg_max", "arg_min"]))
    return single(kind, [quantized("x", shape, 0.1, 5), along], y, output_type={"int32": 2, "int64": 4}[dtype])


@pytest.mark.parametrize("make", [embedded, located])
def test_indices_agree(make):
    random = np.random.default_rng(11)
    judge([(graph, random_inputs(random, graph)) for graph in (make(random) for _ in range(40))])


def test_an_index_that_leads_nowhere_takes_the_first_slice():
    table = quantized("table", (3, 2), 0.1, 5, data=np.arange(6, dtype=np.int8).reshape(3, 2))
    indices = quantized("indices", (1, 4), [], dtype="int32")
    graph = single("gather", [table, indices], quantized("y", (1, 4, 2), 0.1, 5), axis=0, batch_dims=0)
    layer = ops.OPS["gather"].lower(graph, graph.ops[0])
    y = kernel.run(graph, layer, np.array([[-1, 3, 2**31 - 1, -(2**31)]], np.int32))
    assert y.tolist() == [[[0, 1]] * 4]
