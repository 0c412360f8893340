"""The choice of kernels: what the goals promise, over random layers and networks, by prediction alone."""

import code_size
import fit
import layers
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models import Net

from mcuprune import board as boards
from mcuprune import choose, cost, plan
from mcuprune.board import CPUS
from mcuprune.graph import Graph

BOARDS = [boards.load(name) for name in ("stm32f405", "nucleo_h743zi", "bluepill_f103c8", "rpi_pico", "microbit")]

sparsities = st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.97])
sizes = st.integers(1, 40)


@st.composite
def weighty_layers(draw) -> Graph:
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    if draw(st.booleans()):
        return layers.fully_connected(random, draw(st.integers(1, 300)), draw(sizes), draw(sparsities))
    kernel = draw(st.sampled_from([(1, 1), (3, 3), (5, 5), (3, 1), (10, 4)]))
    image = (kernel[0] + draw(st.integers(0, 12)), kernel[1] + draw(st.integers(0, 12)), draw(sizes))
    return layers.convolution(
        random, image, draw(sizes), kernel, draw(st.integers(1, 2)),
        padding=draw(st.sampled_from(["SAME", "VALID"])), sparsity=draw(sparsities),
    )  # fmt: skip


@st.composite
def networks(draw) -> Graph:
    """With choices to make: three convolutions and a classifier."""
    net = Net("net", 8, 9, draw(st.integers(1, 8)), seed=draw(st.integers(0, 1000)))
    x = net.input
    for kernel in (3, 1, 3):
        x = net.conv(x, draw(sizes), kernel, sparsity=draw(sparsities))
    x = net.reshape(x, x.count)
    return net.graph(net.dense(x, draw(sizes), sparsity=draw(sparsities)))


def bytes_and_cycles(graph: Graph, board, goal) -> tuple[int, float]:
    chosen = choose.layers(graph, board, goal)
    size = sum(map(choose.constant_bytes, chosen)) + choose.code_bytes(chosen, board, board.isas)
    return size, sum(cost.cycles(layer, board.cpu) for layer in chosen)


@given(weighty_layers(), st.sampled_from(BOARDS))
def test_a_choice_is_never_slower_and_never_larger_than_the_best_dense_one(graph, board):
    found = choose.candidates(graph, graph.ops[0], board, board.isas)
    dense = [candidate for candidate in found if candidate.layer.encoded.encoding == "dense"]
    assert bytes_and_cycles(graph, board, "speed")[1] <= min(candidate.cycles for candidate in dense)
    sizes = [c.size + choose.code_bytes([c.layer], board, board.isas) for c in dense]
    assert bytes_and_cycles(graph, board, 1)[0] <= min(sizes)


@given(networks(), st.sampled_from(BOARDS), st.floats(0, 1))
@settings(max_examples=30)
def test_a_limit_is_kept_and_the_room_is_used(graph, board, share):
    small, slow = bytes_and_cycles(graph, board, 1)
    large, fast = bytes_and_cycles(graph, board, "speed")
    limit = round(small + share * (large - small))
    size, cycles = bytes_and_cycles(graph, board, limit)
    assert small <= size <= limit
    assert fast <= cycles <= choose.NEARLY * slow  # less RAM may be worth a little
    assert share < 1 or cycles <= choose.NEARLY * fast


@given(networks(), st.sampled_from(BOARDS))
@settings(max_examples=30)
def test_the_knee_lies_between_small_and_fast(graph, board):
    small, slow = bytes_and_cycles(graph, board, 1)
    large, fast = bytes_and_cycles(graph, board, "speed")
    size, cycles = bytes_and_cycles(graph, board, "balanced")
    assert small <= size <= large
    assert fast <= cycles <= slow


@given(networks(), st.sampled_from(BOARDS))
@settings(max_examples=30)
def test_the_smallest_choice_is_as_fast_as_its_bytes_allow(graph, board):
    """RAM is not saved at the price of time."""
    choices = [choose.candidates(graph, op, board) for op in graph.ops]
    least = [min(candidate.size for candidate in each) for each in choices]
    chosen = choose.layers(graph, board, "size")
    assert sum(map(choose.constant_bytes, chosen)) == sum(least)
    for layer, size in zip(chosen, least, strict=True):
        each = next(each for each in choices if each[0].layer.op is layer.op)
        fastest = min(candidate.cycles for candidate in each if candidate.size == size)
        assert cost.cycles(layer, board.cpu) == pytest.approx(fastest, abs=1, rel=1e-3)


def test_what_cannot_fit_is_as_small_as_can_be():
    net = Net("net", 40)
    graph = net.graph(net.dense(net.input, 30, sparsity=0.6))
    sizes = [
        candidate.size + choose.code_bytes([candidate.layer], BOARDS[0], BOARDS[0].isas)
        for candidate in choose.candidates(graph, graph.ops[0], BOARDS[0])
    ]
    assert bytes_and_cycles(graph, BOARDS[0], 1)[0] == min(sizes)


@given(networks(), st.sampled_from(BOARDS), st.floats(0, 1))
@settings(max_examples=30)
def test_an_arena_that_is_possible_is_kept(graph, board, share):
    """And more of it is never slower."""
    free = plan.plan(graph, choose.layers(graph, board, "speed")).size
    least = plan.plan(graph, choose.layers(graph, board, "speed", arena=0)).size
    room = round(least + share * (free - least))
    chosen = choose.layers(graph, board, "speed", arena=room)
    assert least <= plan.plan(graph, chosen).size <= room
    cycles = sum(cost.cycles(layer, board.cpu) for layer in chosen)
    assert bytes_and_cycles(graph, board, "speed")[1] <= cycles
    assert cycles <= sum(cost.cycles(x, board.cpu) for x in choose.layers(graph, board, "speed", arena=least))


@pytest.mark.parametrize("cpu", CPUS)
def test_every_kernel_has_its_bytes_of_code(cpu):
    """`make fit` measures them."""
    isas = (*CPUS[cpu][0], "portable")
    assert {isa: cost.sizes()[cost.SAME_AS.get(cpu, cpu)][isa].keys() for isa in isas if code_size.kernels(isa)} == {
        isa: code_size.kernels(isa).keys() for isa in isas if code_size.kernels(isa)
    }


@pytest.mark.parametrize("cpu", CPUS)
def test_every_kernel_has_its_costs(cpu):
    """A kernel without is chosen last: `make fit` gives it some."""
    board = next(board for board in boards.all_boards() if board.cpu == cpu)
    unknown = {
        call.function
        for graph in fit.drawn(99)
        for candidate in choose.candidates(graph, graph.ops[0], board, board.isas)
        if cost.cycles(candidate.layer, cpu) is None
        for call in candidate.layer.calls
    }
    assert unknown == set()
