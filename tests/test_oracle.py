import sys
from dataclasses import replace

import numpy as np
import pytest
from writer import chain, quantized, single, write

from mcuprune import oracle
from mcuprune.errors import ToolError
from mcuprune.graph import Tensor


def added(name="y", shape=(1, 2, 3), constant=7):
    x, y = quantized("x", shape, 0.5, 1), quantized(name, shape, 0.5, 1)
    c = quantized("c", (1,), 0.5, 0, data=np.array([constant], np.int8))
    return single("add", [x, c], y, fused_activation_function="NONE")


def with_ends(dtype: str, zero_shift: int = 0):
    """The same graph between QUANTIZE and DEQUANTIZE."""
    inner = added()
    x, y = inner.tensors[0], inner.tensors[2]

    def end(name):
        if dtype == "float32":
            return Tensor(name, x.shape, dtype)
        return replace(x, name=name, dtype=dtype, zero_point=x.zero_point + zero_shift)

    last = "dequantize" if dtype == "float32" else "quantize"
    return chain([single("quantize", [end("in")], x), inner, single(last, [y], end("out"))])


SAMPLES = np.arange(-128, 128, dtype=np.int16).astype(np.int8)[:252].reshape(42, 2, 3)
EXPECTED = np.clip(SAMPLES.astype(int) + 7, -128, 127)


def test_samples_run_one_by_one(tmp_path):
    write(added(), tmp_path / "a.tflite")
    outputs = oracle.run(tmp_path / "a.tflite", SAMPLES)
    assert outputs.dtype == np.int8
    assert np.array_equal(outputs, EXPECTED)


@pytest.mark.parametrize(("dtype", "zero_shift"), [("float32", 0), ("uint8", 128)])
def test_int8_goes_in_and_comes_out_whatever_the_ends_are(tmp_path, dtype, zero_shift):
    write(with_ends(dtype, zero_shift), tmp_path / "a.tflite")
    assert np.array_equal(oracle.run(tmp_path / "a.tflite", SAMPLES), EXPECTED)


def test_every_tensor_keeps_the_value_it_had(tmp_path):
    """ADD works in place in tflite-runtime: only outputs are safe."""
    graph = chain([added("y0"), added("y1"), added("y2")])
    write(graph, tmp_path / "a.tflite")
    tensors = oracle.run(tmp_path / "a.tflite", SAMPLES, every_tensor=True)
    assert sorted(tensors) == sorted(op.outputs[0] for op in graph.ops)
    for i, op in enumerate(graph.ops):
        assert np.array_equal(tensors[op.outputs[0]], np.clip(SAMPLES.astype(int) + 7 * (i + 1), -128, 127))


def test_many_files_share_a_process(tmp_path):
    for i in range(3):
        write(added(constant=i), tmp_path / f"{i}.tflite")
    outputs = oracle.run_many([(tmp_path / f"{i}.tflite", SAMPLES[: i + 1]) for i in range(3)])
    assert [len(o) for o in outputs] == [1, 2, 3]
    assert all(np.array_equal(o, np.clip(SAMPLES[: i + 1].astype(int) + i, -128, 127)) for i, o in enumerate(outputs))


def test_what_the_interpreter_refuses_is_a_sentence(tmp_path):
    graph = added()
    write(replace(graph, ops=(replace(graph.ops[0], inputs=(0, 0)),)), tmp_path / "a.tflite")
    (tmp_path / "b.tflite").write_bytes(b"nonsense")
    assert len(oracle.run(tmp_path / "a.tflite", SAMPLES)) == 42
    with pytest.raises(ToolError, match=r"BUILTIN_REF cannot run .*b\.tflite"):
        oracle.run(tmp_path / "b.tflite", SAMPLES)


def test_the_runtime_is_never_imported_here(tmp_path):
    write(added(), tmp_path / "a.tflite")
    assert not {"tflite_runtime", "ai_edge_litert"} & set(sys.modules)
    assert "BUILTIN_REF" in oracle.name(tmp_path / "a.tflite")


def test_newer_versions_that_only_add_types_are_no_hindrance(tmp_path):
    x, y = quantized("x", (1, 2), 0.1), quantized("y", (1, 4), 0.1)
    times = quantized("times", (2,), [], data=np.array([1, 2], np.int32), dtype="int32")
    write(single("tile", [x, times], y), tmp_path / "tile.tflite", version=3)
    assert oracle.run(tmp_path / "tile.tflite", np.array([[3, 4]], np.int8)).tolist() == [[3, 4, 3, 4]]
