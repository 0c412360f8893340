"""The lossless passes: what goes, what stays, and that no byte of what is left changes."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pruned
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models import NETWORKS, Net
from pruned import mobilenet, random_network
from wide import possible, widened
from writer import write

from mcuprune import ops, oracle, samples
from mcuprune.graph import Graph, Tensor
from mcuprune.ranges import ranges
from mcuprune.rewrite import ROWS, Rewritten, rewrite, size


def same(graph: Graph, count: int = 6) -> Rewritten:
    """The rewritten graph, after a comparison of all that is left of every tensor."""
    done = rewrite(graph)
    x = samples.random(graph, count)
    before, after = ops.run(graph, x, keep=True), ops.run(done.graph, x, keep=True)
    for i, values in after.items():
        kept = done.graph.tensors[i].kept
        want = before[i].reshape(count, -1)
        assert np.array_equal(values.reshape(count, -1), want if kept is None else want[:, kept]), i
    for op in done.graph.ops:
        ops.OPS[op.kind].check(done.graph, op)
    ends = (graph.input, graph.output), (done.graph.input, done.graph.output)
    assert [t.shape for t in ends[0]] == [t.shape for t in ends[1]]
    return done


def kinds(done: Rewritten) -> list[str]:
    return [op.kind for op in done.graph.ops]


def changed(graph: Graph, number: int, position: int, change) -> Graph:
    """The graph with other values in an operand of an operator; change: works on a copy of them."""
    tensors, i = list(graph.tensors), graph.ops[number].inputs[position]
    values = tensors[i].values.copy()
    change(values)
    tensors[i] = replace(tensors[i], data=values)
    return replace(graph, tensors=tuple(tensors))


def silent(graph: Graph, number: int, row: int, bias: int) -> Graph:
    """The graph with one row of an operator's weights zero, and this bias."""
    axis = ROWS[graph.ops[number].kind]
    graph = changed(graph, number, 1, lambda w: np.moveaxis(w, axis, 0)[row].fill(0))
    return changed(graph, number, 2, lambda b: b.put(row, bias))


def two_convolutions(kernel: int = 3, padding: str = "SAME") -> Graph:
    net = Net("two", 6, 6, 3)
    return net.graph(net.conv(net.conv(net.input, 5), 4, kernel, padding=padding))


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_nothing_that_is_left_changes(seed):
    same(random_network(seed))


@pytest.mark.parametrize("name", NETWORKS)
def test_rewriting_again_changes_nothing(name):
    graph = rewrite(NETWORKS[name]()).graph
    assert rewrite(graph).graph is graph


def test_the_oracle_agrees_on_what_is_left(tmp_path):
    """With the networks as they were, and with what became of them where TFLite can say it."""
    cases = []
    for seed in range(16):
        done, path = same(random_network(seed)), tmp_path / f"{seed}"
        write(done.original, path)
        cases.append((path, samples.random(done.original, 3), done.graph))
        if all(isinstance(op.attrs.get("padding", ""), str) for op in done.graph.ops):
            path = tmp_path / f"{seed}-rewritten"
            write(done.graph, path)
            cases.append((path, samples.random(done.original, 3), done.graph))
    told = oracle.run_many([(path, x) for path, x, _ in cases])
    for (path, x, graph), want in zip(cases, told, strict=True):
        assert np.array_equal(ops.run(graph, x).reshape(-1), want.reshape(-1)), path.name


# --- dead channels -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kernel", "padding", "bias", "left"),
    [(3, "SAME", 0, 4), (3, "VALID", 0, 4), (3, "SAME", 5000, 5), (3, "VALID", 5000, 4), (1, "SAME", 5000, 4)],
)
def test_constant_channels_vanish_unless_a_border_shows_them(kernel, padding, bias, left):
    done = same(silent(two_convolutions(kernel, padding), 0, 2, bias))
    assert done.graph.results(done.graph.ops[0])[0].shape[3] == left
    assert done.graph.operand(done.graph.ops[1], 1).shape[3] == left


def test_constant_channels_live_on_in_the_bias_of_their_readers():
    graph = silent(two_convolutions(1), 0, 2, 5000)
    before, after = (g.operand(g.ops[1], 2).values for g in (graph, same(graph).graph))
    assert np.any(before != after)


def test_channels_that_nobody_reads_vanish():
    graph = changed(two_convolutions(), 1, 1, lambda w: w[..., 3].fill(0))
    done = same(graph)
    assert done.graph.operand(done.graph.ops[0], 1).shape[0] == 4


def test_channels_that_are_sliced_away_vanish():
    net = Net("sliced", 4, 4, 2)
    every = slice(None)
    x = net.slice(net.conv(net.input, 8), (every, every, every, slice(3, 6)))
    done = same(net.graph(net.conv(x, 2)))
    assert done.graph.operand(done.graph.ops[0], 1).shape[0] == 3
    assert kinds(done) == ["conv_2d", "conv_2d"]


def test_a_channel_dies_through_everything_that_passes_it_on():
    net = Net("passed", 8, 8, 2)
    x = net.conv(net.input, 6)
    y = net.depthwise(net.unary("quantize", x, 2 * x.s, -128), multiplier=2)
    y = net.pool("max", net.pad(net.pool("average", y, 2), [(0, 0), (0, 1), (1, 0), (0, 0)]), 1)
    y = net.reshape(net.transpose(y, (0, 2, 1, 3)), 25, 12)
    graph = net.graph(net.dense(net.reshape(y, y.count), 4))
    done = same(silent(graph, 0, 1, -9000))
    dense = done.graph.ops[-1]
    assert done.graph.operand(dense, 1).shape == (4, 25 * 10)


def test_both_sides_of_a_sum_must_be_dead():
    net = Net("sum", 4, 4, 2)
    x = net.conv(net.input, 6)
    graph = net.graph(net.conv(net.add(x, net.conv(x, 6)), 3))
    one = same(silent(graph, 0, 1, 0))
    both = same(silent(silent(graph, 0, 1, 0), 1, 1, 0))
    assert [g.graph.operand(g.graph.ops[0], 1).shape[0] for g in (one, both)] == [6, 5]


def test_what_is_not_known_keeps_its_channels():
    net = Net("barrier", 4, 4, 2)
    graph = net.graph(net.conv(net.softmax(net.conv(net.input, 6)), 3))
    assert same(silent(graph, 0, 1, 0)).rewrites == ()


def test_a_tensor_keeps_one_channel_when_all_are_dead():
    graph = changed(two_convolutions(), 0, 1, lambda w: w.fill(0))
    done = same(graph)
    assert done.graph.results(done.graph.ops[0])[0].shape[3] >= 1


@pytest.mark.parametrize(("bias", "rows"), [(-1_000_000, 4), (1_000_000, 5)])
def test_rows_that_a_clamp_makes_constant_lose_their_weights(bias, rows):
    """At the zero point they vanish; elsewhere a border keeps them, but nothing that they read."""
    done = same(changed(two_convolutions(), 0, 2, lambda b: b.put(1, bias)))
    weights = done.graph.operand(done.graph.ops[0], 1).values
    assert len(weights) == rows
    assert rows == 4 or not weights[1].any()


# --- the other passes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("edges", "padding"), [((0, 1), "SAME"), ((1, 0), ((1, 0), (1, 0))), ((2, 1), None)])
def test_pad_becomes_the_padding_of_a_convolution(edges, padding):
    net = Net("padded", 8, 8, 3)
    x = net.pad(net.input, [(0, 0), edges, edges, (0, 0)])
    done = same(net.graph(net.depthwise(net.conv(x, 4, stride=2, padding="VALID"))))
    assert kinds(done) == ["conv_2d", "depthwise_conv_2d"]
    assert padding in (None, done.graph.ops[0].attrs["padding"])


def test_pad_stays_where_a_window_would_see_nothing_else():
    net = Net("far", 8, 8, 3)
    done = same(net.graph(net.conv(net.pad(net.input, [(0, 0), (3, 0), (0, 0), (0, 0)]), 4, padding="VALID")))
    assert "pad" in kinds(done)


def test_pad_stays_where_a_pool_reads_it():
    net = Net("pooled", 6, 6, 3)
    assert "pad" in kinds(same(net.graph(net.pool("max", net.pad(net.input, [(0, 0), (1, 1), (1, 1), (0, 0)]), 2))))


def test_reshapes_in_a_row_are_one_and_transposes_of_ones_are_reshapes():
    net = Net("shapes", 6)
    x = net.transpose(net.reshape(net.dense(net.input, 6), 1, 1, 6), (0, 2, 3, 1))
    done = same(net.graph(net.dense(net.reshape(net.reshape(x, 2, 3), 6), 4)))
    assert kinds(done) == ["fully_connected", "fully_connected"]


def test_frames_and_shapes_of_int16_vanish():
    net = Net("wide", 8, 8, 3)
    x = net.pad(net.input, [(0, 0), (0, 1), (0, 1), (0, 0)])
    x = net.transpose(net.conv(net.conv(x, 4, stride=2, padding="VALID"), 2, 4, padding="VALID"), (0, 2, 1, 3))
    done = same(widened(net.graph(net.dense(net.reshape(net.reshape(x, 2), 1, 1, 2), 3))))
    assert kinds(done) == ["conv_2d", "conv_2d", "fully_connected"]


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_nothing_of_int16_changes(seed):
    graph = random_network(seed)
    if possible(graph):
        same(widened(graph))


def constant(net: Net, x: Tensor, value: int, scale: float) -> Tensor:
    return net.constant((1, x.shape[-1]), value, scale, 0)


def test_sums_and_products_that_change_nothing_vanish():
    net = Net("neutral", 8)
    x = net.dense(net.input, 8)
    y = net._op("mul", [x, constant(net, x, 64, 1 / 64)], net._result(x.shape, x.s, x.z),
                fused_activation_function="NONE")  # fmt: skip
    z = net._op("add", [y, constant(net, x, 0, y.s)], net._result(y.shape, y.s, y.z), fused_activation_function="NONE")
    assert kinds(same(net.graph(net.dense(z, 3)))) == ["fully_connected", "fully_connected"]


def test_a_product_that_changes_some_values_stays():
    net = Net("scaled", 8)
    x = net.dense(net.input, 8)
    y = net._op("mul", [x, constant(net, x, 63, 1 / 64)], net._result(x.shape, x.s, x.z),
                fused_activation_function="NONE")  # fmt: skip
    assert "mul" in kinds(same(net.graph(net.dense(y, 3))))


def test_quantizing_to_the_same_scale_vanishes_and_two_in_a_row_are_one():
    net = Net("scales", 8)
    x = net.dense(net.input, 8)
    same_scale = net.unary("quantize", x, x.s, x.z)
    coarse = net.unary("quantize", net.unary("quantize", same_scale, x.s, x.z + 1), 4 * x.s, 0)
    done = same(net.graph(net.dense(coarse, 3)))
    assert kinds(done) == ["fully_connected", "quantize", "fully_connected"]


def test_two_quantizes_stay_where_the_first_one_rounds():
    net = Net("rounded", 8)
    x = net.unary("quantize", net.unary("quantize", net.dense(net.input, 8), 9.0, 0), 4.0, 0)
    assert kinds(same(net.graph(net.dense(x, 3)))).count("quantize") == 2


def test_activations_that_nothing_reaches_are_dropped():
    net = Net("clamped", 6, 6, 2)
    x = net.conv(net.input, 4)  # ReLU whose zero point is the least int8
    done = same(net.graph(net.unary("relu", x, x.s, x.z)))
    assert kinds(done) == ["conv_2d"]
    assert done.graph.ops[0].attrs["fused_activation_function"] == "NONE"


def test_what_is_computed_of_constants_is_a_constant():
    net = Net("folded", 6)
    x = net.dense(net.input, 6)
    fixed = net.unary("tanh", net.dense(x, 6, sparsity=1.0), 1 / 128, 0)
    graph = net.graph(net.dense(net.add(x, fixed), 3))
    done = same(graph)
    assert kinds(done) == ["fully_connected", "add", "fully_connected"]


def test_operators_that_nobody_reads_vanish():
    net = Net("dead", 6)
    net.dense(net.input, 5)
    assert len(same(net.graph(net.dense(net.input, 3))).graph.ops) == 1


# --- ranges ------------------------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_no_byte_leaves_its_range(seed):
    graph = random_network(seed)
    values = ops.run(graph, samples.random(graph, 20, seed), keep=True)
    for i, (least, most) in ranges(graph).items():
        if i in values:
            assert np.all((least <= values[i]) & (values[i] <= most)), i


# --- a whole network ---------------------------------------------------------------------------------------------


def kept_by_hand(graph: Graph, trace: dict[int, np.ndarray]) -> int:
    """The weights that a chain of depthwise and pointwise convolutions cannot do without, channel by channel.

    trace: what the oracle computed of one sample; for constants, the sample does not matter.
    """
    weighted = [op for op in graph.ops if op.kind in ROWS]
    first, blocks, last = weighted[0], list(zip(weighted[1:-1:2], weighted[2:-1:2], strict=True)), weighted[-1]
    varies = [[True] * len(graph.operand(first, 1).values)]
    for _, pointwise in blocks:
        rows = graph.operand(pointwise, 1).values[:, 0, 0]
        varies.append([any(w != 0 and v for w, v in zip(row, varies[-1], strict=True)) for row in rows])
    live = [[True] * 2]
    for number in reversed(range(len(blocks) + 1)):
        reader = last if number == len(blocks) else blocks[number][1]
        image = trace[reader.inputs[0]].reshape(-1, len(varies[number]))
        rows = graph.operand(reader, 1).values.reshape(-1, len(varies[number]))
        live.append([
            any(row[c] != 0 and (varies[number][c] or len(set(image[:, c].tolist())) > 1)
                for row, needed in zip(rows, live[-1], strict=True) if needed)
            for c in range(len(varies[number]))
        ])  # fmt: skip
    counts = [sum(mask) for mask in live[::-1]]  # of the first convolution, of each block, of the outputs
    return 27 * counts[0] + sum(9 * a + a * b for a, b in pairwise(counts[:-1])) + counts[-2] * counts[-1]


def test_a_pruned_mobilenet_loses_every_dead_channel(tmp_path):
    graph = mobilenet()
    write(graph, tmp_path / "mobilenet.tflite")
    done = same(graph, 2)
    x = samples.random(graph, 2)
    told = oracle.run(tmp_path / "mobilenet.tflite", x, every_tensor=True)
    assert np.array_equal(told[graph.outputs[0]].reshape(-1), ops.run(done.graph, x).reshape(-1))
    one = {i: values[:1] for i, values in told.items()}
    assert size(graph).weights == 208_112
    assert size(done.graph).weights == kept_by_hand(graph, one) < 29_286
    assert size(done.graph).macs < 0.498 * size(graph).macs


def test_what_passes_removed_adds_up():
    graph = pruned.random_network(5)
    done = rewrite(graph)
    for field in size(graph)._fields:
        lost = sum(getattr(each, field) for each in done.rewrites)
        assert getattr(size(graph), field) - lost == getattr(size(done.graph), field)
