"""The references on whole networks: MLPerf Tiny's published files, tensor by tensor."""

import os
from pathlib import Path

import numpy as np
import pytest

from mcuprune import oracle, samples, tflite
from mcuprune.ops import OPS, run

SHARED = Path(os.environ.get("MCUPRUNE_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.mark.parametrize("kind", OPS)
def test_every_operator_is_whole(kind):
    module = OPS[kind]
    assert module.CODE.lower() == kind
    assert module.ABOUT
    assert all(callable(getattr(module, name)) for name in ("read", "check", "reference", "lower"))


@pytest.mark.parametrize("model", ["ad01_int8", "kws_ref_model", "pretrainedResnet_quant"])
def test_every_tensor_of_a_network_is_the_oracles(model):
    path = SHARED / "models" / f"{model}.tflite"
    if not path.exists():
        pytest.skip(f"{path} is not there; MCUPRUNE_SHARED says where the published models are")
    graph = tflite.read(path)
    inputs = samples.random(graph, 16)
    values = run(graph, inputs, keep=True)
    expected = oracle.run(path, inputs, every_tensor=True)
    assert np.array_equal(run(graph, inputs), expected[graph.outputs[0]])
    for op in graph.ops:
        assert np.array_equal(values[op.outputs[0]], expected[op.outputs[0]]), op.name
