"""The judgement on operators: reference, oracle and kernels must agree in every byte.

Many graphs of one operator are judged at once: one child process for the oracle, one program for the kernels.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import kernel
import numpy as np
import writer

from mcuprune import ends, ops, oracle
from mcuprune import samples as some_samples
from mcuprune.encodings import ENCODINGS
from mcuprune.graph import Graph
from mcuprune.layer import Layer

Case = tuple[Graph, np.ndarray]


def random_inputs(random: np.random.Generator, graph: Graph, samples: int = 4) -> np.ndarray:
    """int8 [samples, *shape]: uniform, and one sample each of the extremes and of the zero point."""
    if any(tensor.dtype != "int8" for tensor in graph.sources):
        return some_samples.random(graph, samples, int(random.integers(1000)))
    inputs = []
    for tensor in graph.sources:
        inputs.append(random.integers(-128, 128, (samples, tensor.count)).astype(np.int8))
        inputs[-1][:3] = np.array([[-128], [127], [tensor.z]], np.int8)
    return ends.join(graph.sources, inputs)


def judge(cases: Sequence[Case], *, with_oracle: bool = True, version: int = 1) -> None:
    """Check, reference against oracle, and reference against every kernel that computes the same."""
    expected = []
    for graph, inputs in cases:
        for op in graph.ops:
            ops.OPS[op.kind].check(graph, op)
        expected.append(ops.run(graph, inputs))
    if with_oracle:
        for (graph, _), want, told in zip(cases, expected, ask_oracle(cases, version), strict=True):
            assert np.array_equal(want, told), f"reference and oracle: {graph}"
    layers = [(graph, layer, ends.split(graph.sources, inputs), want)
              for (graph, inputs), want in zip(cases, expected, strict=True) for layer in lowered(graph)]  # fmt: skip
    for (graph, layer, _, want), got in zip(layers, kernel.run_all([case[:3] for case in layers]), strict=True):
        got = ends.join(graph.targets, [got])
        assert np.array_equal(got, want), f"{layer.calls} and reference: {graph}"


def lowered(graph: Graph) -> list[Layer]:
    """The one operator of a graph, in each encoding that can hold its weights."""
    (op,) = graph.ops
    module = ops.OPS[op.kind]
    if not hasattr(module, "weights"):
        return [module.lower(graph, op)]
    weights = module.weights(graph, op)
    fitting = [encoding for encoding in ENCODINGS.values() if encoding.size(weights) < np.inf]
    layers = (module.lower(graph, op, encoding.encode(weights)) for encoding in fitting)
    return [layer for layer in layers if layer]


def ask_oracle(cases: Sequence[Case], version: int = 1) -> list[np.ndarray]:
    with TemporaryDirectory() as folder:
        paths = [Path(folder, f"{i}.tflite") for i in range(len(cases))]
        for path, (graph, _) in zip(paths, cases, strict=True):
            writer.write(graph, path, version=version)
        return oracle.run_many([(path, inputs) for path, (_, inputs) in zip(paths, cases, strict=True)])
