"""Budgets: how much is pruned for them, and what is said when that is not enough."""

import re
from collections.abc import Sequence
from pathlib import Path

import models
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from writer import write

from mcuprune import board as boards
from mcuprune import budget, operand
from mcuprune.compiled import Compiled, compile_graph, read
from mcuprune.errors import OverBudget
from mcuprune.graph import Graph
from mcuprune.report import Budget
from mcuprune.request import Request


def prunable() -> Graph:
    """Some 30 KB of weights, of which the first convolution's and the depthwise ones are not pruned."""
    net = models.Net("prunable", 9, 9, 8)
    x = net.depthwise(net.conv(net.input, 16))
    x = net.pool("average", net.conv(x, 32), 9)
    x = net.dense(net.reshape(x, x.count), 240)
    return net.graph(net.dense(x, 70))


GRAPH = prunable()
WEIGHTS = 32 * 9 * 16 + 240 * 32 + 70 * 240
fractions = st.floats(0, 0.99)


@pytest.fixture(scope="module")
def dense(tmp_path_factory) -> Compiled:
    return compiled(GRAPH, tmp_path_factory.mktemp("dense"))


def compiled(graph: Graph, folder: Path, isas: Sequence[str] = operand.PORTABLE) -> Compiled:
    """The smallest program with these kernels, which is where a build begins."""
    return compile_graph(graph, boards.load("stm32f405"), folder, "size", isas)


def request(flash: int | None = None, ram: int | None = None, board: str = "stm32f405") -> Request:
    return Request("prunable", "", "", boards.load(board), Path("out"), Budget(flash, ram))


def pruned(graph: Graph, sparsity: float) -> Graph:
    return budget.apply(graph, budget.mask(graph, sparsity))


def test_the_first_convolution_and_depthwise_ones_are_not_pruned():
    assert [op.kind for op in budget.prunable(GRAPH)] == ["conv_2d", "fully_connected", "fully_connected"]
    assert sum(w.size for w in budget.mask(GRAPH, 0)) == WEIGHTS


@given(fractions)
def test_a_mask_keeps_the_largest_weights(sparsity):
    own, masks = budget.mask(GRAPH, 0), budget.mask(GRAPH, sparsity)
    scales = [GRAPH.tensors[op.inputs[1]].scale[:, None] for op in budget.prunable(GRAPH)]
    kept, lost = [], []
    for weights, masked, scale in zip(own, masks, scales, strict=True):
        assert np.array_equal(masked[masked != 0], weights[masked != 0])
        size = np.abs(weights * scale)
        kept += [size[masked != 0]]
        lost += [size[masked == 0]]
    assert np.concatenate(lost).max(initial=0) <= np.concatenate(kept).min()


@given(fractions)
def test_a_mask_is_as_sparse_as_it_was_asked_to_be(sparsity):
    zeros = budget.sparsity(pruned(GRAPH, sparsity))
    wanted = max(sparsity, budget.sparsity(GRAPH))
    assert wanted - 0.002 <= zeros <= wanted + 1 / WEIGHTS, "equally small weights stay together"


@given(fractions, fractions)
def test_bytes_never_grow_with_sparsity(one, other):
    less, more = sorted((one, other))
    assert budget.weight_bytes(budget.mask(GRAPH, more)) <= budget.weight_bytes(budget.mask(GRAPH, less))


@pytest.mark.parametrize("limit", [13_000, 28_000])
def test_what_is_pruned_to_the_aim_meets_the_budget_and_wastes_little_of_it(dense, tmp_path, limit):
    """With the fast kernels, or where there is no room for them with the portable ones."""
    sparsity, room = budget.aim(dense, request(limit))
    assert budget.weight_bytes(budget.mask(GRAPH, sparsity)) <= room
    masked = pruned(GRAPH, sparsity)
    sizes = [compiled(masked, tmp_path, isas).flash_bytes for isas in (dense.board.isas, operand.PORTABLE)]
    assert 0.97 * limit < max(size for size in sizes if size <= limit)


def test_a_network_that_fits_demands_nothing(dense):
    assert budget.demanded(dense, request(dense.flash_bytes + 1000)) < 0.01
    assert budget.fits_flash(dense, request())
    budget.check_flash(dense, request(dense.flash_bytes))


def test_too_small_a_budget_names_numbers_parts_and_the_way_out(dense):
    with pytest.raises(OverBudget) as refused:
        budget.check_flash(dense, request(4096))
    message = str(refused.value)
    parts = "fully_connected_6 (16.4 KB), fully_connected_5 (7.5 KB), conv_2d_2 (4.5 KB)"
    assert f"prunable needs {dense.flash_bytes:,} bytes of flash, the budget has 4,096;" in message
    assert f"the largest parts are {parts}." in message
    assert refused.value.exit_code == 3


def test_the_smallest_budget_that_would_do_does_and_a_kilobyte_less_does_not(dense):
    with pytest.raises(OverBudget) as refused:
        budget.check_flash(dense, request(4096))
    least = int(re.search(r"The smallest budget that would do is (\d+)KB", str(refused.value))[1])
    fixed = re.search(r"all but weights and biases takes ([\d,]+),", str(refused.value))[1]
    assert int(fixed.replace(",", "")) < least * 1024
    assert budget.demanded(dense, request(least * 1024)) <= budget.MOST
    with pytest.raises(OverBudget):
        budget.demanded(dense, request((least - 1) * 1024))


def test_what_cannot_prune_offers_no_sparsity_but_what_the_file_takes(dense):
    with pytest.raises(OverBudget, match=r"An int8 file is compiled as it is, which takes (\d+)KB") as refused:
        budget.check_flash(dense, request(4096), prunes=False)
    takes = int(re.search(r"which takes (\d+)KB", str(refused.value))[1])
    budget.check_flash(dense, request(takes * 1024), prunes=False)
    with pytest.raises(OverBudget):
        budget.check_flash(dense, request((takes - 1) * 1024), prunes=False)


def test_a_budget_beyond_the_board_is_the_boards(dense):
    with pytest.raises(OverBudget, match=r"microbit has 16,384"):
        budget.check_ram(dense, request(ram=1 << 20, board="microbit"), stack_bytes=20_000)


def test_ram_is_checked_with_the_stack(dense):
    limit = dense.static_bytes + 300
    budget.check_ram(dense, request(ram=limit), 300)
    assert budget.fits_ram(dense, request(ram=limit))
    sentence = f"prunable needs {limit + 4:,} bytes of RAM, the budget has {limit:,}; the largest buffers are conv_2d_2"
    with pytest.raises(OverBudget, match=sentence):
        budget.check_ram(dense, request(ram=limit), 304)


def test_an_int8_file_without_weights_is_not_sparse(tmp_path):
    net = models.Net("plain", 4)
    write(net.graph(net.add(net.input, net.input)), tmp_path / "plain.tflite")
    graph = read(tmp_path / "plain.tflite", "plain")
    assert (budget.sparsity(graph), budget.mask(graph, 0.5)) == (0.0, [])


@given(st.integers(1, 15_000), st.floats(0, 0.9))
def test_what_is_over_the_limit_loses_more_channels_and_as_much_as_it_is_over(dense, excess, removed):
    limit = dense.flash_bytes - excess
    wanted = budget.aim_smaller(dense, request(limit), removed)
    assert wanted > removed
    left = (1 - wanted) / (1 - removed)  # of the weights and rows that there are
    assert left * budget.needed_bytes(GRAPH) <= budget.needed_bytes(GRAPH) - excess
