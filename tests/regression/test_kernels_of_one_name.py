"""A depthwise kernel runs down the image, or across it with its output over its input: a report named both alike, and
a build was loaded with the plan of the other one."""

import numpy as np
from test_depthwise_conv_2d import depthwise

from mcuprune import board, choose

BOARD = board.load("stm32f405")


def test_candidates_that_are_planned_differently_differ_in_their_identity():
    graph = depthwise(np.random.default_rng(0), image=(9, 5, 6), kernel=(3, 3))
    layers = [candidate.layer for candidate in choose.candidates(graph, graph.ops[0], BOARD)]
    named = [layer for layer in layers if choose.identity(layer).kernel == "mcup_depthwise_conv_2d_3x3_s8"]
    assert [layer.overlap is None for layer in named] == [True, False]
    for layer in layers:
        (again,) = choose.recorded(graph, BOARD, [choose.identity(layer)])
        assert (again.overlap, again.in_place) == (layer.overlap, layer.in_place)
        assert again.calls[0].work == layer.calls[0].work
