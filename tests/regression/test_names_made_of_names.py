"""A layer called like what C makes of another layer, conv_out or conv_row, or like a loop's start hid it in C."""

from dataclasses import replace

import cells
import host
import models
import numpy as np
import pytest

from mcuprune import board, choose, declare, emit, ops, samples
from mcuprune.plan import plan
from mcuprune.rewrite import rewrite


def called(graph, names):
    """The graph with these names for its first layers."""
    renamed = (replace(op, name=name) for op, name in zip(graph.ops, names, strict=False))
    return replace(graph, ops=(*renamed, *graph.ops[len(names) :]))


def planned(graph):
    layers = choose.layers(graph, board.load("stm32f405"), "size")
    return replace(graph, ops=tuple(layer.op for layer in layers)), layers, plan(graph, layers)


@pytest.mark.parametrize("second", ["out", "row", "stream", "part0", "operand_1", "invoke", "window"])
def test_a_layer_called_like_a_part_of_another_computes_the_same(second):
    net = models.Net("net", 6, 6, 2)
    x = net.conv(net.conv(net.input, 4), 3)
    graph = called(net.graph(net.add(x, x), x), ["conv", f"conv_{second}", "conv_part0_row"])
    x = samples.random(graph, 3)
    (got,) = host.run([planned(graph)], [x])
    assert np.array_equal(got, ops.run(graph, x).reshape(3, -1))


def test_a_layer_called_like_the_start_of_a_loop_computes_the_same():
    graph = cells.memory()
    (start,) = (op.name for op in rewrite(graph).graph.ops if op.name.endswith("_start"))
    graph = called(graph, [op.name for op in graph.ops[:-1]] + [start.upper()])
    rolled = rewrite(graph).graph
    names = [op.name.lower() for op in rolled.ops]
    assert rolled.loops
    assert len(set(names)) == len(names)
    x = samples.random(graph, 3)
    (got,) = host.run([planned(rolled)], [x])
    assert np.array_equal(got, ops.run(graph, x).reshape(3, -1))


def test_what_layers_are_made_of_ends_as_names_of_layers_do_not():
    for make in models.NETWORKS.values():
        graph = make()
        for layer in choose.layers(graph, board.load("stm32f405"), "size"):
            for line in declare.layer_constants(graph, layer, ""):
                if line.startswith("static const "):
                    name = line.split("[")[0].split(" = ")[0].split()[-1]
                    assert name == declare.identifier(layer) or declare.re.fullmatch(declare.DERIVED, name), line


def test_a_model_does_not_hide_a_header_of_the_runtime():
    graph = replace(models.tiny(), name="mcup_math")
    assert "m_mcup_math.h" in emit.files(*planned(graph))
