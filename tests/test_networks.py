"""Random networks, compiled whole: planner, emitter and kernels together compute what the references compute."""

from dataclasses import replace
from pathlib import Path

import host
import models
import numpy as np
import pytest
from models import Net
from wide import possible, widened
from writer import write

from mcuprune import ops, oracle, samples
from mcuprune.graph import Graph, Tensor

NETWORKS, WIDE, SAMPLES = 40, 60, 3  # WIDE: networks of which those that can are also 16x8


def random_network(number: int) -> Graph:
    """A few operators, each on any activation that there is; dead ones too."""
    random = np.random.default_rng(number)
    net = Net(f"net{number}", *map(int, random.integers(3, 7, 2)), int(random.integers(1, 5)), seed=number)
    alive = [net.input]
    if number % 4 == 3:
        alive.append(net.another_input(*map(int, random.integers(2, 6, 3))))
    for _ in range(random.integers(1, 9)):
        x = alive[random.integers(len(alive))]
        alive.append(_grown(net, x, alive, random))
    further = random.permutation(len(alive) - 1)[: random.integers(3)] if number % 3 == 2 else []
    return net.graph(alive[-1], *(alive[i] for i in further))


def _grown(net: Net, x: Tensor, alive: list[Tensor], random: np.random.Generator) -> Tensor:
    same = [t for t in alive if t.shape == x.shape]
    other = same[random.integers(len(same))]
    every = [
        lambda: net.add(x, other),
        lambda: net.multiply(other, x),
        lambda: net.dense(x, int(random.integers(1, 20)), sparsity=float(random.choice([0, 0.7, 0.95, 1]))),
        lambda: net.reshape(x, x.count),
        lambda: net.reshape(x, 1, 1, x.count),
        lambda: net.concat([x, x], len(x.shape) - 1),
        lambda: net.unary("leaky_relu", x, x.s, x.z, alpha=0.3),
        lambda: net.unary("tanh", x, 1 / 128, 0),
        lambda: net.unary("quantize", x, x.s / 2, 9),
        lambda: net.softmax(x),
    ]
    images = [
        lambda: net.conv(x, int(random.integers(1, 9)), int(random.integers(1, 4)), stride=int(random.integers(1, 3))),
        lambda: net.depthwise(x),
        lambda: net.pool("max", x, 1),
        lambda: net.pool("average", x, min(2, *x.shape[1:3])),
        lambda: net.mean(x),
        lambda: net.pad(x, [(0, 0), *((int(a), int(b)) for a, b in random.integers(0, 3, (3, 2)))]),
        lambda: net.slice(x, (slice(None), slice(None, None, 2), slice(0, 1), slice(None))),
        lambda: net.transpose(x, (0, *(1 + random.permutation(3)).tolist())),
    ]
    steps = every + images if len(x.shape) == 4 else every
    return steps[random.integers(len(steps))]()


@pytest.fixture(scope="module")
def networks(tmp_path_factory) -> list[tuple[Path, Graph]]:
    folder = tmp_path_factory.mktemp("networks")
    graphs = [random_network(number) for number in range(NETWORKS)]
    wide = [widened(graph) for graph in map(random_network, range(WIDE)) if possible(graph)]
    assert len(wide) > WIDE // 3
    graphs += [replace(graph, name=f"wide{i}") for i, graph in enumerate(wide)]
    paths = [folder / f"{graph.name}.tflite" for graph in graphs]
    for graph, path in zip(graphs, paths, strict=True):
        write(graph, path)
    return [(path, models.planned(path)[0]) for path in paths]


def test_references_and_oracle_agree(networks):
    inputs = [samples.random(graph, SAMPLES) for _, graph in networks]
    told = oracle.run_many([(path, x) for (path, _), x in zip(networks, inputs, strict=True)])
    for (_, graph), x, expected in zip(networks, inputs, told, strict=True):
        assert np.array_equal(ops.run(graph, x).reshape(SAMPLES, -1), expected.reshape(SAMPLES, -1)), graph


def test_generated_code_and_references_agree(networks):
    inputs = [samples.random(graph, SAMPLES) for _, graph in networks]
    answers = host.run([models.planned(path) for path, _ in networks], inputs)
    for (_, graph), x, got in zip(networks, inputs, answers, strict=True):
        assert got.tobytes() == ops.run(graph, x).tobytes(), graph
