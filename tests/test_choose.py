"""The choice of encodings and kernels: as small, or as fast, as what there is allows."""

from itertools import product

import models
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from mcuprune import board as boards
from mcuprune import choose, compiled, ops
from mcuprune.encodings import ENCODINGS
from mcuprune.layer import Layer

BOARDS = ["microbit", "mps2_an385", "stm32f405", "mps3_an547"]
matrices = arrays_of.arrays(
    np.int8, st.tuples(st.integers(1, 6), st.integers(1, 60)), elements=st.sampled_from([0, 0, 0, 0, 1, -3])
)


@pytest.fixture(params=product(models.NETWORKS, BOARDS), ids="-".join)
def network(request, tmp_path):
    """(graph, board)"""
    name, board = request.param
    return compiled.read(models.save(name, tmp_path), name), boards.load(board)


def size(layers: list[Layer]) -> int:
    return sum(map(choose.constant_bytes, layers))


@given(matrices)
def test_no_encoding_is_smaller_than_the_smallest(weights):
    assert ENCODINGS[choose.smallest(weights)].size(weights) == min(e.size(weights) for e in ENCODINGS.values())


@given(st.integers(1, 8), st.integers(1, 40))
def test_dense_wins_where_nothing_is_zero(rows, inputs):
    assert choose.smallest(np.ones((rows, inputs), np.int8)) == "dense"


def test_the_goal_size_takes_the_smallest_weights(network):
    graph, board = network
    for layer in choose.layers(graph, board, "size"):
        if hasattr(ops.OPS[layer.op.kind], "weights"):
            weights = ops.OPS[layer.op.kind].weights(graph, layer.op)
            smallest = min(e.size(weights) for e in ENCODINGS.values())
            assert layer.encoded is None or layer.encoded.stream.size <= smallest


def test_every_goal_computes_every_operator_once(network):
    graph, board = network
    for goal in choose.GOALS:
        assert [layer.op for layer in choose.layers(graph, board, goal)] == list(graph.ops)


def test_no_goal_is_smaller_than_size(network):
    graph, board = network
    assert size(choose.layers(graph, board, "size")) == min(size(choose.layers(graph, board, g)) for g in choose.GOALS)


def test_a_limit_is_kept_whenever_it_can_be(network):
    graph, board = network
    least, most = (size(choose.layers(graph, board, goal)) for goal in ("size", "speed"))
    for limit in range(least, most + 1, max(1, (most - least) // 5)):
        assert size(choose.layers(graph, board, limit)) <= limit
    assert size(choose.layers(graph, board, 0)) == least


def test_the_choice_is_the_same_every_time(network):
    graph, board = network
    first, second = (choose.layers(graph, board) for _ in range(2))
    assert [choose.identity(layer) for layer in first] == [choose.identity(layer) for layer in second]


def test_a_recorded_choice_is_found_again(network):
    graph, board = network
    for goal in choose.GOALS:
        chosen = choose.layers(graph, board, goal)
        again = choose.recorded(graph, board, [choose.identity(layer) for layer in chosen])
        assert [choose.identity(layer) for layer in again] == [choose.identity(layer) for layer in chosen]
        assert size(again) == size(chosen)
