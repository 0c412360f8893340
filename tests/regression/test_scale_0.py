"""TensorFlow's 16x8 quantizer gives an output whose weights are all zero the scale 0, and that was refused."""

import numpy as np
from judge import judge, random_inputs
from writer import quantized, single

ATTRS = {"padding": "SAME", "stride_h": 1, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1}


def test_outputs_without_weights_and_scale_are_computed():
    random = np.random.default_rng(0)
    weights = random.integers(-127, 128, (4, 3, 3, 2)).astype(np.int8)
    weights[[0, 2]] = 0
    scale = np.array([0, 0.01, 0, 0.02], np.float32)
    bias = np.array([0, 100, 0, -200], np.int64)
    x, y = (quantized(name, (1, 5, 6, n), 0.001, dtype="int16") for name, n in (("x", 2), ("y", 4)))
    operands = [x, quantized("w", weights.shape, scale, data=weights),
                quantized("b", (4,), 0.001 * scale, data=bias, dtype="int64")]  # fmt: skip
    graph = single("conv_2d", operands, y, fused_activation_function="RELU", **ATTRS)
    judge([(graph, random_inputs(random, graph))])
