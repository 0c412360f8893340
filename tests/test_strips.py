"""Chains: strips compute what the references compute at once, overwrite nothing, and are chosen where RAM is short."""

import kernel
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from models import Net

from mcuprune import board as boards
from mcuprune import choose, cost, ops, samples, strips
from mcuprune.graph import Graph, Op, Tensor
from mcuprune.layer import Layer
from mcuprune.plan import plan, scratch_size

BOARD = boards.load("stm32f405")


def lower(graph: Graph, op: Op) -> list[Layer]:
    return [candidate.layer for candidate in choose.candidates(graph, op, BOARD)]


def residual(size: int = 16, channels: int = 8) -> Graph:
    """conv -> (conv -> conv) + itself -> conv of stride 2: the sum's operand waits while its branch is computed."""
    net = Net("block", size, size, 4)
    x = net.conv(net.input, channels)
    x = net.add(x, net.conv(net.conv(x, channels), channels))
    return net.graph(net.conv(x, 4, stride=2))


@st.composite
def networks(draw) -> tuple[Graph, int, int]:
    """(a network, where a chain may begin in it, where it may end), a layer before and behind it or not."""
    net = Net("chained", draw(st.integers(5, 14)), draw(st.sampled_from([8, 12])), draw(st.sampled_from([1, 3, 4])))
    x = net.conv(net.input, 4, 1) if draw(st.booleans()) else net.input
    first = len(net.ops)
    seen: list[Tensor] = [x]
    for _ in range(draw(st.integers(2, 4))):
        x = _grown(draw, net, seen)
        seen.append(x)
    last = len(net.ops) - 1
    if draw(st.booleans()):
        x = net.conv(x, 4, 1)
    return net.graph(x), first, last


def _grown(draw, net: Net, seen: list[Tensor]) -> Tensor:
    """The output of one more operator."""
    x = seen[-1]
    kind = draw(st.sampled_from(["conv", "depthwise", "pool", "add", "unary"]))
    stride, padding = draw(st.integers(1, 2)), draw(st.sampled_from(["SAME", "VALID"]))
    size = draw(st.sampled_from([n for n in (1, 2, 3) if n <= min(x.shape[1:3])]))
    if kind == "conv":
        return net.conv(x, draw(st.sampled_from([4, 8])), size, stride=stride, padding=padding, sparsity=0.3)
    if kind == "depthwise":
        return net.depthwise(x, size, stride=stride, padding=padding)
    if kind == "pool":
        return net.pool(draw(st.sampled_from(["max", "average"])), x, min(size, 2))
    if kind == "add":
        return net.add(x, draw(st.sampled_from([y for y in seen if y.shape == x.shape])))
    return net.unary("logistic", x, 1 / 256, -128)


def chained(graph: Graph, first: int, last: int, lines: int, pick=lambda ways: ways[0]) -> list[Layer] | None:
    """Every layer by a kernel that `pick` takes, those from first to last in strips."""
    chain = graph.ops[first : last + 1]
    schedule = strips.schedule(graph, chain, lines) if strips.suit(graph, chain) else None
    if schedule is None:
        return None
    ways = [lower(graph, op) for op in graph.ops]
    ways[first : last + 1] = strips.layers(graph, schedule, lower)
    return [pick(each) for each in ways] if all(ways) else None


@given(networks(), st.integers(1, 8), st.data())
@settings(max_examples=40)
def test_strips_compute_what_the_references_compute_at_once(network, lines, data):
    graph, first, last = network
    layers = chained(graph, first, last, lines, lambda ways: data.draw(st.sampled_from(ways)))
    assume(layers is not None)
    inputs = samples.random(graph, 2)
    assert np.array_equal(kernel.run_network(graph, layers, inputs), ops.run(graph, inputs))


@given(networks(), st.integers(1, 8))
def test_what_a_chain_needs_lies_apart(network, lines):
    """But for the output over an input, as far below as the chain allows."""
    graph, first, last = network
    layers = chained(graph, first, last, lines)
    assume(layers is not None)
    arena, chain = plan(graph, layers), layers[first].chain
    output = layers[last].op.outputs[0]
    rooms = dict(chain.rooms) | {t: graph.tensors[t].size for t in (*chain.overlaps, output)}
    places = {
        t: range(arena.place[t], arena.place[t] + size) for t, size in rooms.items() if isinstance(arena.place[t], int)
    }
    scratch = max((b.size for b in arena.slots if b.name.startswith("scratch") and b.first == first), default=0)
    if scratch:
        places[-1] = range(arena.scratch[first], arena.scratch[first] + scratch)
    for a, at in places.items():
        for b, other in places.items():
            if a < b and set(at) & set(other):
                assert {a, b} == {*chain.overlaps, output} & {a, b} and output in (a, b), (a, b)
                source = a if b == output else b
                below = places[source].start - places[output].start
                distance, exactly = chain.overlaps[source]
                assert below == distance if exactly else below >= distance


@given(networks(), st.integers(1, 8))
def test_no_line_is_computed_twice_and_every_line_of_the_output_once(network, lines):
    graph, first, last = network
    chain = graph.ops[first : last + 1]
    schedule = strips.schedule(graph, chain, lines) if strips.suit(graph, chain) else None
    assume(schedule is not None)
    for op, made in zip(schedule.ops, schedule.made, strict=True):
        computed = [line for begin, end in made for line in range(begin, end)]
        assert len(set(computed)) == len(computed)
        if op is schedule.ops[-1]:
            assert computed == list(range(graph.results(op)[0].shape[1]))


def test_a_block_in_strips_needs_room_for_one_tensor_and_a_few_lines():
    graph = residual(24, 8)
    whole = plan(graph, [lower(graph, op)[0] for op in graph.ops]).size
    layers = chained(graph, 1, 3, 4)
    line = 24 * 8
    assert layers[1].chain.rooms == {graph.ops[1].outputs[0]: 6 * line, graph.ops[2].outputs[0]: 4 * line}
    assert layers[1].chain.overlaps == {graph.ops[0].outputs[0]: (0, True)}
    assert plan(graph, layers).size == 24 * line + 6 * line + 4 * line + scratch_size(layers[1]) < whole


def test_the_c_of_a_chain_says_what_it_does(golden):
    from mcuprune import emit

    graph = residual(8, 4)
    layers = chained(
        graph, 1, 3, 4, lambda ways: next(w for w in ways if "dense" in w.calls[0].function or len(ways) == 1)
    )
    source = emit.files(graph, layers, plan(graph, layers))["block.c"]
    golden("strips.c", source[source.index("void block_invoke") :])


# --- the choice --------------------------------------------------------------------------------------------------


def cycles(layers: list[Layer]) -> float:
    return sum(cost.cycles(layer, BOARD.cpu) for layer in layers)


def kinds(layers: list[Layer]) -> list[tuple]:
    return [(choose.identity(layer), layer.chain is not None) for layer in layers]


def test_nothing_is_computed_in_strips_where_ram_suffices():
    graph = residual()
    free = choose.layers(graph, BOARD, "speed")
    arena = plan(graph, free).size
    assert kinds(choose.layers(graph, BOARD, "speed", arena=arena)) == kinds(free)


def test_a_limit_is_met_in_strips_at_little_cost():
    graph = residual(24, 16)
    free = choose.layers(graph, BOARD, "speed")
    arena = plan(graph, free).size * 3 // 4
    layers = choose.layers(graph, BOARD, "speed", arena=arena)
    assert plan(graph, layers).size <= arena
    assert any(layer.chain for layer in layers)
    assert cycles(layers) < 1.05 * cycles(free)


def test_every_layer_that_is_short_of_ram_gets_a_chain():
    net = Net("blocks", 16, 16, 4)
    x = net.conv(net.input, 16)
    x = net.add(x, net.conv(net.conv(x, 16), 16))
    x = net.conv(x, 32, stride=2)
    x = net.add(x, net.conv(net.conv(x, 96, 1), 32, 1))
    graph = net.graph(net.conv(x, 8, stride=2))
    free = choose.layers(graph, BOARD, "speed")
    layers = choose.layers(graph, BOARD, "speed", arena=8700)
    assert [layer.chain is not None for layer in layers] == [n in (1, 2, 3, 5, 6) for n in range(9)]
    assert plan(graph, layers).size <= 8700
    assert cycles(layers) < 1.02 * cycles(free)


def test_a_limit_out_of_reach_changes_nothing():
    graph = residual()
    layers = choose.layers(graph, BOARD, "speed", arena=100)
    assert not any(layer.chain for layer in layers)


def test_the_least_arena_is_one_that_strips_make_possible():
    graph = residual(24, 16)
    least = choose.least_arena(graph, BOARD)
    assert plan(graph, choose.layers(graph, BOARD, "speed", arena=least)).size <= least
    assert least < plan(graph, choose.layers(graph, BOARD, "speed", arena=0)).size


@pytest.mark.parametrize("arena", [9000, 12_000])
def test_a_choice_with_chains_can_be_made_again_from_a_report(arena):
    graph = residual(24, 16)
    chosen = choose.layers(graph, BOARD, "speed", arena=arena)
    assert any(layer.chain for layer in chosen)
    first = next(i for i, layer in enumerate(chosen) if layer.chain)
    count = sum(layer.chain is not None for layer in chosen)
    again = choose.recorded(
        graph, BOARD, list(map(choose.identity, chosen)), None, {first: (count, chosen[first].chain.lines)}
    )
    assert kinds(again) == kinds(chosen)
    assert plan(graph, again) == plan(graph, chosen)
