"""Samples at the ends of an int8 network: from real values to bytes and back."""

import numpy as np

from mcuprune import data, ends
from mcuprune.data import Data
from mcuprune.errors import UsageError
from mcuprune.graph import Graph, Tensor
from mcuprune.operand import sample_shape


def fit(tests: Data, graph: Graph) -> Data:
    """Data in the shape of a network's input, with targets that its output can be compared with."""
    for end, tensors in (("inputs", graph.sources), ("outputs", graph.targets)):
        if len(tensors) > 1:
            names = ", ".join(tensor.name for tensor in tensors)
            raise UsageError(f"the model has {len(tensors)} {end} ({names}), data has one x and one y. Leave data out.")
    tests = data.fit(tests, graph.input.shape[1:])
    targets, name = (tests.x_test, "x_test") if tests.y_test is None else (tests.y_test, "y_test")
    shape = graph.output.shape[1:]
    labels = natural_metric(graph, tests.y_test) == "accuracy" and targets.shape[1:] == shape[:-1]
    if not labels and targets[0].size != graph.output.count:
        raise UsageError(f"the model answers with shape {shape}, {name} holds targets of shape {targets.shape[1:]}")
    return tests


def quantize(x: np.ndarray, tensor: Tensor) -> np.ndarray:
    """Real samples [n, ...] as the int8 input of a network; halves round away from zero, as TFLite's QUANTIZE does."""
    scaled = x.astype(np.float64) / tensor.s
    rounded = np.trunc(scaled + np.copysign(0.5, scaled)) + tensor.z
    return np.clip(rounded, -128, 127).astype(np.int8).reshape(len(x), *sample_shape(tensor))


def dequantize(q: np.ndarray, tensor: Tensor) -> np.ndarray:
    """int8 results [n, ...] as real values, float32."""
    return ((q.astype(np.float32) - tensor.z) * np.float32(tensor.s)).astype(np.float32)


def random(graph: Graph, count: int, seed: int = 0) -> np.ndarray:
    """Uniform int8 inputs [count, ...] that exercise every value."""
    return np.random.default_rng(seed).integers(-128, 128, (count, *ends.shape(graph.sources)), np.int8)


def natural_metric(graph: Graph, y: np.ndarray | None) -> str:
    """What to measure of a network of which only the int8 file is known.  y: as in Data."""
    labels = y is not None and np.issubdtype(y.dtype, np.integer) and y[0].size < max(2, graph.output.count)
    return "accuracy" if labels else "mse"
