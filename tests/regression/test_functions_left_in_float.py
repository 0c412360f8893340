"""LayerNormalization, RMSNormalization and squares were refused: converters leave their NEG and SQUARE in float32."""

from dataclasses import replace

import host
import models
import numpy as np
import pytest
from writer import quantized, write

from mcuprune import oracle, tflite
from mcuprune.errors import UnsupportedModel
from mcuprune.graph import Graph, Op

EVERY = np.arange(-128, 128).astype(np.int8).reshape(1, 256)


def bordered(kind: str, name: str, x: tuple[float, int], y: tuple[float, int]) -> Graph:
    """QUANTIZE(kind(DEQUANTIZE(x)))"""
    real = quantized("", (1, 256), [], [], dtype="float32")
    tensors = (quantized("x", (1, 256), *x), real, real, quantized("y", (1, 256), *y))
    ops = tuple(Op(k, k, (i,), (i + 1,)) for i, k in enumerate(["dequantize", kind, "quantize"]))
    return Graph(name, tensors, ops, (0,), (3,))


@pytest.mark.parametrize("kind", ["neg", "square"])
def test_a_function_between_int8_is_the_oracle_s(kind, tmp_path):
    random, paths = np.random.default_rng(4), []
    for i in range(20):
        x, zero_points = 10 ** random.uniform(-3, 0.5), random.integers(-128, 128, 2).tolist()
        y = float(x * 10 ** random.uniform(-1, 1.5)) * (x if kind == "square" else 1)
        paths.append(tmp_path / f"{kind}{i}.tflite")
        write(bordered(kind, paths[-1].stem, (x, zero_points[0]), (y, zero_points[1])), paths[-1])
    planned = [models.planned(path) for path in paths]
    assert all([op.kind for op in graph.ops] == [kind] for graph, _, _ in planned)
    told = oracle.run_many([(path, EVERY) for path in paths])
    for path, got, want in zip(paths, host.run(planned, [EVERY] * 20), told, strict=True):
        assert np.array_equal(got, want), path


def test_what_is_left_in_float_is_named_not_its_borders(tmp_path):
    write(bordered("floor", "f", (0.1, 0), (0.1, 0)), tmp_path / "f.tflite")
    with pytest.raises(UnsupportedModel, match=r"^floor: FLOOR is left in float32 by the converter.*Leave it to"):
        tflite.read(tmp_path / "f.tflite")


def test_results_that_overflow_in_the_oracle_are_refused(tmp_path):
    write(bordered("square", "s", (100.0, 0), (1e-3, 0)), tmp_path / "s.tflite")
    with pytest.raises(UnsupportedModel, match=r"SQUARE has output scale 0\.001, in which 1\.638e\+08 overflows"):
        tflite.read(tmp_path / "s.tflite")


def test_a_function_of_int8_has_no_oracle(tmp_path):
    graph = bordered("neg", "n", (0.1, 0), (0.1, 0))
    graph = replace(graph, ops=(replace(graph.ops[1], inputs=(0,), outputs=(3,)),))
    write(graph, tmp_path / "n.tflite")
    with pytest.raises(UnsupportedModel, match="NEG has no int8 kernel among TFLite's reference kernels"):
        tflite.read(tmp_path / "n.tflite")
