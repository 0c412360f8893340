"""The order of operators: never more memory than in the file's order, and the least there is in small networks."""

from dataclasses import replace
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st
from test_plan import COMPUTE, networks, tensor

from mcuprune import order
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.plan import needs


def peak(graph: Graph, layers: list[Layer], chosen) -> int:
    layers = [layers[i] for i in chosen]
    return max(needs(replace(graph, ops=tuple(layer.op for layer in layers)), layers), default=0)


def possible(graph: Graph, chosen) -> bool:
    ready = set(graph.inputs)
    for op in (graph.ops[i] for i in chosen):
        if not ready.issuperset(op.inputs):
            return False
        ready.update(op.outputs)
    return True


@given(networks())
@settings(max_examples=60, deadline=None)
def test_no_order_of_a_small_network_needs_less(network):
    graph, layers = network
    graph, layers = replace(graph, ops=graph.ops[:6], outputs=graph.ops[:6][-1].outputs), layers[:6]
    orders = [chosen for chosen in permutations(range(len(layers))) if possible(graph, chosen)]
    assert peak(graph, layers, order.best(graph, layers)) == min(peak(graph, layers, chosen) for chosen in orders)


@given(networks(), st.integers(1, 3))
def test_a_narrow_search_finds_nothing_worse_than_the_order_of_the_file(network, width):
    graph, layers = network
    now, order.WIDTH = order.WIDTH, width
    try:
        chosen = order.best(graph, layers)
    finally:
        order.WIDTH = now
    assert possible(graph, chosen)
    assert peak(graph, layers, chosen) <= max(needs(graph, layers))


def test_the_order_of_the_file_stays_where_no_other_is_better():
    sizes = [8, 20, 20, 8]
    ops = tuple(Op("some", f"op{i}", inputs, (i + 1,)) for i, inputs in enumerate([(0,), (0,), (1, 2)]))
    graph = Graph("net", tuple(map(tensor, sizes)), ops, (0,), (3,))
    assert order.best(graph, [Layer(op, (COMPUTE,)) for op in ops]) == [0, 1, 2]


def test_the_branch_that_ends_small_comes_first():
    """Two branches of one input: the one that leaves less behind does so before the other one begins."""
    sizes = [8, 40, 100, 4, 100, 60, 8]  # input, stem, wide of both branches, their ends, sum
    inputs = [(0,), (1,), (1,), (2,), (4,), (3, 5)]
    outputs = [1, 2, 4, 3, 5, 6]
    ops = tuple(Op("some", f"op{i}", inputs[i], (outputs[i],)) for i in range(6))
    graph = Graph("net", tuple(map(tensor, sizes)), ops, (0,), (6,))
    layers = [Layer(op, (COMPUTE,)) for op in ops]
    assert peak(graph, layers, range(6)) == 40 + 100 + 100
    chosen = order.best(graph, layers)
    assert chosen == [0, 1, 3, 2, 4, 5]
    assert peak(graph, layers, chosen) == 4 + 100 + 60
