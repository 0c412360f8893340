"""Memory planning: what must never overlap, what may share, and that the peak is not wasteful."""

from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mcuprune.graph import Graph, Op, Tensor
from mcuprune.layer import Call, Layer, Scratch
from mcuprune.plan import Plan, Wall, plan, scratch_size

COMPUTE = Call("mcup_some_s8", "mcup_some_t", {})


def tensor(size: int) -> Tensor:
    return Tensor("t", (1, size), scale=np.ones(1, np.float32), zero_point=np.zeros(1, np.int64))


def chain(sizes: list[int], **layer_options) -> tuple[Graph, list[Layer]]:
    """A network of one path: sizes of its input, of what lies between, and of its output."""
    ops = tuple(Op("some", f"op{i}", (i,), (i + 1,)) for i in range(len(sizes) - 1))
    graph = Graph("net", tuple(map(tensor, sizes)), ops, (0,), (len(sizes) - 1,))
    return graph, [Layer(op, (COMPUTE,), **layer_options) for op in ops]


@st.composite
def networks(draw) -> tuple[Graph, list[Layer]]:
    """Random networks: layers that read one or two earlier tensors, in place, as aliases, with scratch."""
    sizes = [draw(st.integers(1, 40))]
    ops, layers = [], []
    for i in range(draw(st.integers(1, 12))):
        inputs = tuple(draw(st.lists(st.integers(0, i), min_size=1, max_size=2)))
        alias = draw(st.booleans()) and len(inputs) == 1
        sizes.append(sizes[inputs[0]] if alias or draw(st.booleans()) else draw(st.integers(1, 40)))
        op = Op("some", f"op{i}", inputs, (i + 1,))
        fields = {"scratch": Scratch(draw(st.integers(0, 30)))}
        in_place = tuple(draw(st.sets(st.integers(0, len(inputs) - 1))))
        calls = () if alias else (Call("mcup_some_s8", "mcup_some_t", fields, tuple(range(len(inputs)))),)
        ops.append(op)
        layers.append(Layer(op, calls, in_place=in_place))
    graph = Graph("net", tuple(map(tensor, sizes)), tuple(ops), (0,), (len(ops),))
    return graph, layers


def last_uses(graph: Graph) -> dict[int, int]:
    uses = {i: step for step, op in enumerate(graph.ops) for i in op.inputs}
    return uses | dict.fromkeys(graph.outputs, 10**9)


def check_nothing_is_overwritten(network: tuple[Graph, list[Layer]], arena: Plan) -> None:
    """No layer writes over what is read later."""
    graph, layers = network
    uses = last_uses(graph)

    def bytes_of(index: int) -> tuple[str, range]:
        place = arena.place[index]
        size = graph.tensors[index].size
        return ("arena", range(place, place + size)) if isinstance(place, int) else (place, range(size))

    alive = {0}
    for step, layer in enumerate(layers):
        output = layer.op.outputs[0]
        where, written = bytes_of(output)
        assert where != "input" or layer.alias, "the caller's input is const"
        for other in alive - {output}:
            needed_later = uses.get(other, -1) > step
            needed_now = other in layer.op.inputs and not (
                layer.alias or any(layer.op.inputs[p] == other for p in layer.in_place)
            )
            if layer.alias and bytes_of(layer.op.inputs[0]) == (where, written):
                continue  # nothing is written
            if needed_later or needed_now:
                place, read = bytes_of(other)
                assert place != where or not set(read) & set(written), (step, other)
        alive.add(output)


def check_scratch_is_alone(network: tuple[Graph, list[Layer]], arena: Plan) -> None:
    """Scratch overlaps nothing that its layer touches."""
    graph, layers = network
    uses = last_uses(graph)
    for step, layer in enumerate(layers):
        size = scratch_size(layer)
        if not size:
            continue
        scratch = set(range(arena.scratch[step], arena.scratch[step] + size))
        assert max(scratch) < arena.size
        for index in range(step + 2):
            if isinstance(arena.place[index], int) and uses.get(index, index - 1) >= step:
                place = arena.place[index]
                assert not scratch & set(range(place, place + graph.tensors[index].size))


@given(networks())
def test_a_layer_overwrites_nothing_that_is_read_later(network):
    check_nothing_is_overwritten(network, plan(*network))


@given(networks())
def test_scratch_overlaps_nothing_that_its_layer_touches(network):
    check_scratch_is_alone(network, plan(*network))


@given(networks())
def test_the_arena_holds_every_buffer_and_no_more(network):
    arena = plan(*network)
    ends = [slot.offset + slot.size for slot in arena.slots]
    assert max(ends, default=0) <= arena.size < max(ends, default=0) + 4
    assert all(slot.offset % 4 == 0 for slot in arena.slots)


def test_a_chain_needs_its_largest_neighbours():
    assert plan(*chain([8, 100, 40, 60, 8])).size == 140


def test_input_and_output_take_no_room():
    graph, layers = chain([1000, 1000])
    assert plan(graph, layers).size == 0


def test_an_in_place_layer_adds_no_buffer():
    graph, layers = chain([8, 100, 100, 100, 8], in_place=(0,))
    assert plan(graph, layers).size == 100


def test_the_callers_input_is_never_overwritten():
    graph, layers = chain([100, 100, 8], in_place=(0,))
    assert plan(graph, layers).place[1] == 0


def test_a_reshape_shares_its_input():
    graph, layers = chain([8, 60, 60, 8])
    layers[1] = Layer(layers[1].op, ())
    arena = plan(graph, layers)
    assert arena.place[1] == arena.place[2] == 0
    assert arena.slots[0].name == "op0 = op1"


def test_a_tensor_read_twice_survives_until_its_last_reader():
    tensors = tuple(tensor(n) for n in (4, 50, 50, 50, 4))
    ops = tuple(Op("some", f"op{i}", inputs, (i + 1,)) for i, inputs in enumerate([(0,), (1,), (1, 2), (3,)]))
    graph = Graph("residual", tensors, ops, (0,), (4,))
    layers = [Layer(op, (COMPUTE,), in_place=(0, 1) if len(op.inputs) == 2 else ()) for op in ops]
    arena = plan(graph, layers)
    assert arena.size == 104, "two buffers, the sum in the place of one of them"
    assert arena.place[3] == arena.place[1]


def walled(network: tuple[Graph, list[Layer]], wall: Wall) -> Plan:
    """A plan with a wall, searched for in less time: what must hold holds for all that is found on the way."""
    with patch("mcuprune.pack.PATIENCE", 200):
        return plan(*network, wall)


walls = st.builds(Wall, st.integers(0, 40).map(lambda words: 4 * words), st.just("ccm"), st.just(4096))


@given(networks(), walls)
def test_no_buffer_straddles_a_wall(network, wall):
    arena = walled(network, wall)
    if arena.wall is None:
        assert arena.size == arena.top <= wall.at
        return
    assert 0 < arena.beyond <= arena.size
    assert arena.wall.at <= wall.at < arena.top == wall.at + arena.beyond
    assert all(s.offset + s.size <= arena.wall.at or s.offset >= arena.wall.at for s in arena.slots)
    below = [s.offset + s.size for s in arena.slots if s.offset < arena.wall.at]
    assert arena.wall.at - max(below, default=0) < 4, "nothing is wasted in RAM"


@given(networks(), walls)
def test_behind_a_wall_a_layer_overwrites_nothing_that_is_read_later(network, wall):
    arena = walled(network, wall)
    check_nothing_is_overwritten(network, arena)
    check_scratch_is_alone(network, arena)


@given(networks())
def test_a_wall_that_nothing_reaches_changes_nothing(network):
    assert plan(*network, Wall(1 << 20, "ccm", 4096)) == plan(*network)


def test_a_buffer_that_ram_cannot_hold_beside_the_others_lies_behind_the_wall():
    arena = plan(*chain([8, 100, 40, 60, 8]), Wall(120, "ccm", 64))
    assert (arena.size, arena.wall, arena.top) == (140, Wall(100, "ccm", 64), 160)
    assert [slot.offset for slot in arena.slots] == [0, 100, 0]
