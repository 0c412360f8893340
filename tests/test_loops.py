"""Repetitions become loops that compute the same, and what only looks like one stays as it is."""

from dataclasses import replace

import cells
import host
import numpy as np
import pytest
from cells import UNITS, Steps
from hypothesis import given, settings
from hypothesis import strategies as st

from mcuprune import board, choose, loops, ops, repeats, samples
from mcuprune.plan import plan
from mcuprune.rewrite import rewrite


def planned(graph, goal="size"):
    layers = choose.layers(graph, board.load("stm32f405"), goal)
    return graph, layers, plan(graph, layers)


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.sampled_from(["size", "speed"]))
def test_a_loop_computes_what_its_steps_compute_one_after_the_other(number, goal):
    graph = cells.network(number)
    rolled = cells.renamed(rewrite(graph).graph, "rolled")
    assert [loop.count for loop in rolled.loops] == [graph.input.shape[1]]
    x = samples.random(graph, 4)
    want = ops.run(graph, x).reshape(4, -1)
    assert np.array_equal(ops.run(rolled, x).reshape(4, -1), want)
    for got in host.run([planned(graph, goal), planned(rolled, goal)], [x, x]):
        assert np.array_equal(got, want)


@pytest.mark.parametrize("make", [cells.memory, cells.unpacked, cells.stacked])
def test_every_way_to_take_pieces_and_to_put_them_together_rolls(make):
    graph = make()
    rolled = cells.renamed(rewrite(graph).graph, "rolled")
    assert [loop.count for loop in rolled.loops] == [graph.input.shape[1]] * (2 if make is cells.stacked else 1)
    assert not {op.kind for op in rolled.ops} & {"strided_slice", "unpack", "reshape"}, "pieces are read where they lie"
    x = samples.random(graph, 6)
    want = ops.run(graph, x).reshape(6, -1)
    assert np.array_equal(ops.run(rolled, x).reshape(6, -1), want)
    (got,) = host.run([planned(rolled)], [x])
    assert np.array_equal(got, want)


def test_constants_and_scratch_do_not_grow_with_the_steps():
    few, many = (planned(rewrite(cells.memory(steps)).graph) for steps in (4, 40))
    assert sum(map(choose.constant_bytes, few[1])) == sum(map(choose.constant_bytes, many[1]))
    assert few[2].size == many[2].size
    assert many[1][1].macs == 10 * few[1][1].macs


def cell(net, piece, state):
    net.next()
    return net.squashed(net.add(net.shared(piece, UNITS), net.shared(state, UNITS)))


def steps_of(order=(0, 1, 2, 3), *, between=lambda net, state, i: None, end=None, back=1):
    """Cells on pieces of the input in this order; each goes on from `back` cells before."""
    net = Steps("net", 4, 5)
    states = [net.constant((1, UNITS), value, 1 / 128, 0) for value in range(back)]
    for i in order:
        states.append(cell(net, net.piece(net.input, i), states[-back]))
        between(net, states, i)
    return net.graph(*[net.dense(state, 2) for state in (end(states) if end else states[-1:])])


def other_weights(net, states, i):
    """From the third step on, of the same scale."""
    if i == 1:
        weights, bias, scale = net.known[1]
        data = weights.values.copy()
        data[0, 0] ^= 1
        net.known[1] = net._add(replace(weights, data=data)), bias, scale


LOOK_ALIKES = {
    "two steps": steps_of((0, 1)),
    "pieces out of order": steps_of((0, 1, 3, 2)),
    "other weights": steps_of(between=other_weights),
    "a step in the middle is read": steps_of(end=lambda states: [states[2], states[4]]),
    "two steps back": steps_of(back=2),
}


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_what_is_no_loop_stays_as_it_is(name):
    assert loops.roll(LOOK_ALIKES[name]) is LOOK_ALIKES[name]


def test_a_state_that_is_read_when_the_next_is_there_keeps_its_place():
    """It would be overwritten too early."""
    late = []
    graph = steps_of(
        between=lambda net, states, i: late.append(net.squashed(net.add(states[-1], states[-2]))),
        end=lambda states: [late[-1]],
    )
    rolled = cells.renamed(rewrite(graph).graph, "rolled")
    x = samples.random(graph, 4)
    (got,) = host.run([planned(rolled)], [x])
    assert np.array_equal(got, ops.run(graph, x).reshape(4, -1))


def test_repetitions_are_found_where_they_save_most():
    assert repeats.rows("xabababy")[0] == (1, 2, 3)
    assert repeats.rows("aaabcabcabcabc")[0] == (2, 3, 4)
    assert repeats.rows("abab") == []
