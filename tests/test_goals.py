"""The choice of kernels for whole networks: every operator once, the same every time, and found again from a report."""

from itertools import product

import models
import pytest

from mcuprune import board as boards
from mcuprune import choose, compiled
from mcuprune.layer import Layer

BOARDS = ["microbit", "mps2_an385", "stm32f405", "mps3_an547"]


@pytest.fixture(params=product(models.NETWORKS, BOARDS), ids="-".join)
def network(request, tmp_path):
    """(graph, board)"""
    name, board = request.param
    return compiled.read(models.save(name, tmp_path), name), boards.load(board)


def size(layers: list[Layer]) -> int:
    return sum(map(choose.constant_bytes, layers))


def test_every_goal_computes_every_operator_once(network):
    graph, board = network
    for goal in choose.GOALS:
        assert [layer.op for layer in choose.layers(graph, board, goal)] == list(graph.ops)


def test_no_goal_is_smaller_than_size(network):
    graph, board = network
    sizes = {goal: size(choose.layers(graph, board, goal)) for goal in choose.GOALS}
    assert sizes["size"] == min(sizes.values())


def test_the_choice_is_the_same_every_time(network):
    graph, board = network
    first, second = (choose.layers(graph, board) for _ in range(2))
    assert list(map(choose.identity, first)) == list(map(choose.identity, second))


def test_a_recorded_choice_is_found_again(network):
    graph, board = network
    for goal in choose.GOALS:
        chosen = choose.layers(graph, board, goal)
        again = choose.recorded(graph, board, list(map(choose.identity, chosen)))
        assert list(map(choose.identity, again)) == list(map(choose.identity, chosen))
        assert [[call.function for call in layer.calls] for layer in again] == [
            [call.function for call in layer.calls] for layer in chosen
        ]
        assert size(again) == size(chosen)
