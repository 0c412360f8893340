"""A convolution in groups over its budget ended in a traceback, and zeros between groups were taken for sparsity."""

from dataclasses import replace

import models
import numpy as np
import pytest
from writer import quantized

from mcuprune import board, budget, ops, pipeline
from mcuprune.compiled import read
from mcuprune.errors import OverBudget
from mcuprune.report import Budget
from mcuprune.request import Request


def grouped():
    """Behind a convolution, one of two groups."""
    net = models.Net("grouped", 8, 8, 2)
    x = net.conv(net.conv(net.input, 8), 24)
    graph = net.graph(net.dense(net.reshape(x, x.count), 2))
    op, tensors = graph.ops[1], list(graph.tensors)
    old = tensors[op.inputs[1]]
    tensors[op.inputs[1]] = quantized(old.name, (24, 3, 3, 4), old.scale, data=old.values[..., 4:].copy())
    return replace(graph, tensors=tuple(tensors))


def test_zeros_between_groups_are_no_sparsity():
    assert budget.sparsity(grouped()) < 0.02


@pytest.mark.parametrize("wanted", [0.0, 0.3, 0.8])
def test_a_mask_takes_as_many_weights_of_groups_as_it_was_asked_to(wanted):
    graph = grouped()
    masked = budget.apply(graph, budget.mask(graph, wanted))
    assert abs(budget.sparsity(masked) - max(wanted, budget.sparsity(graph))) < 0.01
    op = graph.ops[1]
    kept = masked.operand(op, 1).values
    assert np.all((kept == 0) | (kept == graph.operand(op, 1).values))


def test_the_filters_of_a_matrix_are_those_it_is_of():
    graph = grouped()
    op, module = graph.ops[1], ops.OPS["conv_2d"]
    assert np.array_equal(module.filters(graph, op, module.weights(graph, op)), graph.operand(op, 1).values)


def test_groups_that_do_not_fit_are_refused_in_a_sentence(tmp_path):
    models.write(grouped(), tmp_path / "grouped.tflite")
    assert read(tmp_path / "grouped.tflite", "grouped").ops
    request = Request("grouped", "", "", board.load("stm32f405"), tmp_path / "out", Budget(5000, None), verify=False)
    with pytest.raises(OverBudget, match=r"grouped needs .* bytes of flash, the budget has 5,000"):
        pipeline.compile_model(tmp_path / "grouped.tflite", request, lambda message: None)
