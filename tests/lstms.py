"""Networks of one LSTM."""

from dataclasses import replace

import numpy as np
from writer import quantized, single

from mcuprune.graph import Graph, Tensor


def lstm(random, *, inputs=5, units=4, steps=3, sparsity=0.5, zero_points=(3, -5), scales=(0.03, 0.02, 1 / 128),
         cell=-11, clip=0.0, stateful=False, empty=0.0) -> Graph:  # fmt: skip
    """scales: of input, weights and output; cell: the state's scale is 2^cell; empty: share of rows without weights."""
    s_in, s_w, s_out = scales

    def weights(columns):
        values = random.integers(-127, 128, (units, columns)).astype(np.int8)
        values[random.random(values.shape) < sparsity] = 0
        values[random.random(units) < empty] = 0
        return quantized("w", values.shape, s_w * random.uniform(0.3, 1), data=values)

    def bias():
        return quantized("b", (units,), s_in * s_w, data=random.integers(-999, 999, units, np.int32), dtype="int32")

    x = quantized("x", (1, steps, inputs), s_in, zero_points[0])
    y = quantized("y", (1, steps, units), s_out, zero_points[1])
    operands = [x, *(weights(inputs) for _ in range(4)), *(weights(units) for _ in range(4)), *[None] * 3]
    operands += [*(bias() for _ in range(4)), *[None] * 8]
    state = replace(y, name="state", shape=(1, units), variable=True)
    cells = quantized("cells", (1, units), 2.0**cell, dtype="int16")
    attrs = {"fused_activation_function": "TANH", "cell_clip": clip, "proj_clip": 0.0, "time_major": False}
    attrs["variables"] = (state, replace(cells, variable=True))
    attrs["intermediates"] = (*(Tensor(f"i{i}", ()) for i in range(4)), replace(y, name="hidden", shape=()))
    return single("unidirectional_sequence_lstm", operands, y, **attrs, **({"stateful": True} if stateful else {}))
