"""Chains on cores: whole networks, part of them in strips, equal the oracle's bytes; their layers are told apart."""

import pytest
from models import Net
from writer import write

from mcuprune import board as boards
from mcuprune import pipeline, report, samples, stages, verify
from mcuprune.compiled import Compiled, compile_graph, read
from mcuprune.graph import Graph
from mcuprune.request import Request

pytestmark = pytest.mark.emulator

CORES = ["microbit", "rpi_pico", "bluepill_f103c8", "stm32f405", "mps3_an547"]


def residual() -> Graph:
    net = Net("residual", 24, 20, 4)
    x = net.conv(net.input, 8)
    x = net.add(x, net.conv(net.conv(x, 8), 8))
    x = net.pool("average", net.conv(x, 16, stride=2), 5)
    return net.graph(net.dense(net.reshape(x, x.count), 5))


def mobile() -> Graph:
    """The first layers of a MobileNet: the largest tensors are the second one's."""
    net = Net("mobile", 32, 28, 3)
    x = net.conv(net.input, 8, stride=2)
    x = net.conv(net.depthwise(x), 16, 1)
    x = net.conv(net.depthwise(x, stride=2), 16, 1)
    return net.graph(net.mean(x))


def pools() -> Graph:
    """Windows that do not overlap, and a sum of two branches in the chain."""
    net = Net("pools", 32, 16, 2)
    x = net.conv(net.input, 12, padding="VALID")
    x = net.add(net.conv(x, 12, 1), net.depthwise(x))
    return net.graph(net.pool("average", net.pool("max", net.unary("logistic", x, 1 / 256, -128), 2), 3))


NETWORKS = {make.__name__: (make, share) for make, share in ((residual, 0.8), (mobile, 0.8), (pools, 0.6))}


@pytest.fixture(scope="module")
def chained(tmp_path_factory):
    """`chained("mobile", "stm32f405")`: a network in an arena too small for whole tensors."""

    def compile_network(name: str, board: str) -> Compiled:
        make, share = NETWORKS[name]
        folder = tmp_path_factory.mktemp(f"{name}-{board}")
        write(make(), folder / "model.tflite")
        graph, target = read(folder / "model.tflite", name), boards.load(board)
        free = compile_graph(graph, target, folder, "speed").plan.size
        return compile_graph(graph, target, folder, "speed", None, int(share * free))

    return compile_network


@pytest.mark.parametrize("board", CORES)
@pytest.mark.parametrize("name", NETWORKS)
def test_strips_give_the_oracles_bytes_on_every_core(chained, name, board):
    network = chained(name, board)
    assert any(layer.chain for layer in network.layers)
    verdict = verify.verify(network, samples.random(network.graph, 4))
    assert verdict.bit_exact, verdict.where


def test_a_build_in_strips_is_reported_and_loaded_again(tmp_path):
    source = tmp_path / "mobile.tflite"
    write(mobile(), source)
    board = boards.load("stm32f405")
    free = pipeline.compile_model(source, Request("mobile", "", "", board, tmp_path / "free", samples=2), print)
    budget = report.Budget(ram_bytes=free.ram.total_bytes - free.ram.arena_bytes // 10)
    request = Request("mobile", "", "", board, tmp_path / "strips", budget=budget, samples=2)
    made = pipeline.compile_model(source, request, print)
    assert made.ram.total_bytes <= budget.ram_bytes
    assert made.verify.bit_exact
    (chain,) = made.chains
    assert set(chain.layers) <= {row.name for row in made.layers}
    assert free.instructions < made.instructions < 1.1 * free.instructions
    assert sum(row.instructions for row in made.layers) > 0.99 * made.instructions
    compiled, again = stages.load(tmp_path / "strips")
    assert again == made
    assert [layer.op.name for layer in compiled.layers if layer.chain] == list(chain.layers)
    assert stages.bench(tmp_path / "strips").layers == made.layers
