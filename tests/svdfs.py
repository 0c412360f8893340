"""Networks of one SVDF."""

from dataclasses import replace

import numpy as np
from writer import quantized, single

from mcuprune.graph import Graph


def svdf(random, *, inputs=10, units=4, rank=2, memory=5, sparsity=0.5, zero_points=(3, -5), bias=True) -> Graph:
    filters = units * rank
    features = random.integers(-127, 128, (filters, inputs)).astype(np.int8)
    features[random.random(features.shape) < sparsity] = 0
    x, w = quantized("x", (1, inputs), 0.05, zero_points[0]), quantized("w", features.shape, 0.01, data=features)
    spread = 0.05 * 0.01 * 70 * 74 * max(inputs * (1 - sparsity), 1) ** 0.5
    state = quantized("state", (1, filters * memory), spread / 10_000, dtype="int16")
    values = random.integers(-32767, 32768, (filters, memory)).astype(np.int16)
    time = quantized("time", values.shape, 1e-4, data=values, dtype="int16")
    numbers = random.integers(-(10**6), 10**6, units).astype(np.int32)
    b = quantized("b", (units,), state.s * 1e-4, data=numbers, dtype="int32") if bias else None
    y = quantized("y", (1, units), spread * 2 * (rank * memory) ** 0.5 / 60, zero_points[1])
    attrs = {"rank": rank, "fused_activation_function": "RELU", "variables": (replace(state, variable=True),)}
    return single("svdf", [x, w, time, b, None], y, **attrs)


def random_svdf(random) -> Graph:
    return svdf(
        random,
        inputs=int(random.integers(1, 60)),
        units=int(random.integers(1, 9)),
        rank=int(random.integers(1, 4)),
        memory=int(random.integers(1, 12)),
        sparsity=float(random.choice([0, 0.5, 0.9, 1])),
        zero_points=tuple(map(int, random.integers(-128, 128, 2))),
        bias=bool(random.random() < 0.8),
    )
