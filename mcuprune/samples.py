"""Samples at the ends of a network: from real values to bytes and back."""

import numpy as np

from mcuprune import data, ends, ops
from mcuprune.data import Data
from mcuprune.errors import UsageError
from mcuprune.graph import Graph, Tensor
from mcuprune.operand import sample_shape


def fit(tests: Data, graph: Graph) -> Data:
    """Data in the shape of a network's input, with targets that its output can be compared with."""
    for tensor in graph.targets:
        if tensor.dtype not in ("int8", "int16"):
            raise UsageError(f"{tensor.name} of the model is {tensor.dtype}, data holds real numbers. Leave data out.")
    for end, tensors in (("inputs", graph.sources), ("outputs", graph.targets)):
        if len(tensors) > 1:
            names = ", ".join(tensor.name for tensor in tensors)
            raise UsageError(f"the model has {len(tensors)} {end} ({names}), data has one x and one y. Leave data out.")
    tests = data.fit(tests, graph.input.shape[1:])
    if not len(graph.input.scale):
        data.check_indices(tests.x_test, "x_test", "the model", _limit(graph, graph.inputs[0]))
    targets, name = (tests.x_test, "x_test") if tests.y_test is None else (tests.y_test, "y_test")
    shape = graph.output.shape[1:]
    labels = natural_metric(graph, tests.y_test) == "accuracy" and targets.shape[1:] == shape[:-1]
    if not labels and targets[0].size != graph.output.count:
        raise UsageError(f"the model answers with shape {shape}, {name} holds targets of shape {targets.shape[1:]}")
    return tests


def quantize(x: np.ndarray, tensor: Tensor) -> np.ndarray:
    """Real samples [n, ...] as the input of a network; halves round away from zero, as TFLite's QUANTIZE does.

    Indices have no scale: they are what the samples say.
    """
    if not len(tensor.scale):
        return ends.join([tensor], [x])
    scaled = x.astype(np.float64) / tensor.s
    rounded = np.trunc(scaled + np.copysign(0.5, scaled)) + tensor.z
    limits = np.iinfo(tensor.dtype)
    return np.clip(rounded, limits.min, limits.max).astype(tensor.dtype).reshape(len(x), *sample_shape(tensor))


def dequantize(q: np.ndarray, tensor: Tensor) -> np.ndarray:
    """Results [n, ...] as real values, float32."""
    return ((q.astype(np.float32) - tensor.z) * np.float32(tensor.s)).astype(np.float32)


def random(graph: Graph, count: int, seed: int = 0) -> np.ndarray:
    """Uniform inputs [count, ...]: of activations every value there is, of indices those that lead somewhere."""
    generator = np.random.default_rng(seed)
    if all(tensor.dtype == "int8" for tensor in graph.sources):
        return generator.integers(-128, 128, (count, *ends.shape(graph.sources)), np.int8)
    arrays = []
    for i, tensor in zip(graph.inputs, graph.sources, strict=True):
        limits = np.iinfo(tensor.dtype)
        least, beyond = (limits.min, limits.max + 1) if len(tensor.scale) else (0, _limit(graph, i))
        arrays.append(generator.integers(least, beyond, (count, tensor.count)))
    return ends.join(graph.sources, arrays)


def _limit(graph: Graph, index: int) -> int:
    """How many values the indices of an input may have."""
    limits = [ops.OPS[op.kind].places(graph, op) for op in graph.ops if index in op.inputs]
    return min(limits, default=1)


def natural_metric(graph: Graph, y: np.ndarray | None) -> str:
    """What to measure of a network of which only the int8 file is known.  y: as in Data."""
    labels = y is not None and np.issubdtype(y.dtype, np.integer) and y[0].size < max(2, graph.output.count)
    return "accuracy" if labels else "mse"
