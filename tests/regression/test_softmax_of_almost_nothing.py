"""TFLite's SOFTMAX aborts on an input scale so small that its multiplier is below 1, and took the oracle with it."""

import pytest
from writer import quantized, single

from mcuprune import ops
from mcuprune.errors import UnsupportedModel


@pytest.mark.parametrize(("scale", "beta"), [(7.84e-9, 1.0), (1e-3, 1e-6)])
def test_a_softmax_that_the_oracle_does_not_survive_is_refused(scale, beta):
    y = quantized("y", (1, 4), 1 / 256, -128)
    graph = single("softmax", [quantized("x", (1, 4), scale)], y, beta=beta)
    with pytest.raises(UnsupportedModel, match=rf"SOFTMAX has input scale {scale:.6g}, so small"):
        ops.OPS["softmax"].check(graph, graph.ops[0])
