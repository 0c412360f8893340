"""The operators that are a table of 256 answers."""

import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from judge import judge
from writer import chain, quantized, single, write

from mcuprune import lookup, ops, oracle, tflite
from mcuprune.errors import UnsupportedModel
from mcuprune.graph import Graph, Tensor

EVERY = np.arange(-128, 128).astype(np.int8).reshape(1, 256)
KINDS = ["relu", "relu6", "relu_n1_to_1", "relu_0_to_1", "leaky_relu", "hard_swish", "logistic", "tanh", "quantize",
         "abs", "exp", "rsqrt", "gelu", "elu"]  # fmt: skip


def unary(random: np.random.Generator, kind: str) -> Graph:
    zero_points = random.integers(-128, 128, 2)
    zero_points[0] = -128 if kind in ("rsqrt", "sqrt") else zero_points[0]
    x = quantized("x", (1, 256), 10 ** random.uniform(-3, -1.5 if kind == "exp" else 0.5), zero_points[0])
    scale = 1 / 256 if kind == "logistic" else x.s * 10 ** random.uniform(-1.5, 1.5)
    attrs = {"alpha": float(random.choice([0.01, 0.1, 0.2, 0.3, 1.5, 0.0, -0.2]))} if kind == "leaky_relu" else {}
    attrs |= {"approximate": bool(random.integers(2))} if kind == "gelu" else {}
    return single(kind, [x], quantized("y", x.shape, scale, zero_points[1]), **attrs)


@pytest.mark.parametrize("kind", KINDS)
def test_reference_oracle_and_kernel_agree_on_every_int8(kind):
    random = np.random.default_rng(len(kind))
    graphs = [unary(random, kind) for _ in range(80)]
    judge([(graph, EVERY) for graph in graphs])


@pytest.mark.parametrize(("kind", "scale", "zero_point"), [("logistic", 1 / 256, -128), ("tanh", 1 / 128, 0)])
def test_curves_agree_with_the_oracle_at_the_converter_s_scales(kind, scale, zero_point):
    random = np.random.default_rng(9)
    inputs = [quantized("x", (1, 256), 10 ** random.uniform(-4, 1), random.integers(-128, 128)) for _ in range(80)]
    graphs = [single(kind, [x], quantized("y", x.shape, scale, zero_point)) for x in inputs]
    judge([(graph, EVERY) for graph in graphs])


# TensorFlow's interpreter, in a process of its own: of every file its answers to all int8.
TENSORFLOW = """
import sys, numpy as np, tensorflow as tf
from tensorflow.lite.python.interpreter import OpResolverType
x, answers = np.arange(-128, 128).astype(np.int8)[None], []
for path in sys.argv[2:]:
    model = tf.lite.Interpreter(path, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    model.allocate_tensors()
    model.set_tensor(model.get_input_details()[0]["index"], x)
    model.invoke()
    answers.append(model.get_tensor(model.get_output_details()[0]["index"]))
np.save(sys.argv[1], answers)
"""


@pytest.mark.keras
@pytest.mark.skipif(not find_spec("tensorflow"), reason="TensorFlow comes with the [keras] extra")
def test_what_tflite_runtime_lacks_agrees_with_tensorflow_s_reference_kernels(tmp_path):
    graphs = []
    for kind in ("sqrt", "log"):
        random = np.random.default_rng(len(kind))
        graphs += [unary(random, kind) for _ in range(200)]
    judge([(graph, EVERY) for graph in graphs], with_oracle=False)
    paths = [tmp_path / f"{i}.tflite" for i in range(len(graphs))]
    for graph, path in zip(graphs, paths, strict=True):
        write(graph, path, version=2)
    subprocess.run([sys.executable, "-c", TENSORFLOW, tmp_path / "answers.npy", *paths], check=True)
    for graph, told in zip(graphs, np.load(tmp_path / "answers.npy"), strict=True):
        assert np.array_equal(ops.run(graph, EVERY), told), graph


def floating_elu(random: np.random.Generator) -> Graph:
    """As TensorFlow's converter writes it."""
    x, y = (replace(tensor, name=name) for tensor, name in zip(unary(random, "elu").tensors, "xy", strict=True))
    given, made = Tensor("given", x.shape, "float32"), Tensor("made", x.shape, "float32")
    return chain([single("dequantize", [x], given), single("elu", [given], made), single("quantize", [made], y)])


def test_an_elu_in_float32_between_integers_is_one_operator(tmp_path):
    random = np.random.default_rng(5)
    paths = [tmp_path / f"{i}.tflite" for i in range(200)]
    for path in paths:
        write(floating_elu(random), path)
    for path, told in zip(paths, oracle.run_many([(path, EVERY) for path in paths]), strict=True):
        graph = tflite.read(path)
        assert [op.kind for op in graph.ops] == ["elu"]
        assert np.array_equal(ops.run(graph, EVERY), told), graph


def test_the_oracle_runs_elus_in_a_row_and_every_tensor_of_them(tmp_path):
    random = np.random.default_rng(6)
    graph = chain([floating_elu(random), unary(random, "relu"), unary(random, "elu"), unary(random, "elu")])
    write(graph, tmp_path / "elus.tflite")
    read = tflite.read(tmp_path / "elus.tflite")
    want, told = ops.run(read, EVERY, keep=True), oracle.run(tmp_path / "elus.tflite", EVERY, every_tensor=True)
    assert [op.kind for op in read.ops] == ["elu", "relu", "elu", "elu"]
    for op in read.ops:
        assert np.array_equal(want[op.outputs[0]], told[op.outputs[0]]), op.name
    assert np.array_equal(oracle.run(tmp_path / "elus.tflite", EVERY), want[read.outputs[0]])
    assert ", ELU of " in oracle.name(tmp_path / "elus.tflite")


def test_a_root_of_negative_numbers_is_refused():
    graph = single("sqrt", [quantized("x", (1, 4), 0.1, 3)], quantized("y", (1, 4), 0.1))
    with pytest.raises(UnsupportedModel, match="sqrt: SQRT has input zero point 3: below it inputs are negative"):
        ops.OPS["sqrt"].check(graph, graph.ops[0])


def test_a_table_is_indexed_by_the_unsigned_input():
    table = np.arange(256).astype(np.int8)
    assert lookup.apply(table, np.array([[0, 1, -1, -128]], np.int8)).tolist() == [[0, 1, -1, -128]]


def test_every_lookup_may_run_in_place():
    graph = unary(np.random.default_rng(0), "relu")
    layer = ops.OPS["relu"].lower(graph, graph.ops[0])
    assert layer.in_place == (0,)
    assert layer.calls[0].fields["table"].size == 256


def test_a_hard_swish_that_the_oracle_cannot_scale_is_refused():
    graph = single("hard_swish", [quantized("x", (1, 4), 0.1)], quantized("y", (1, 4), 1e-4))
    with pytest.raises(UnsupportedModel, match=r"hard_swish: HARD_SWISH has output scale 0\.0001, less than 1/128"):
        ops.OPS["hard_swish"].check(graph, graph.ops[0])


def test_an_exponential_that_overflows_in_the_oracle_is_refused():
    graph = single("exp", [quantized("x", (1, 4), 1.0)], quantized("y", (1, 4), 0.1))
    with pytest.raises(UnsupportedModel, match=r"exp: EXP has output scale 0\.1, in which exp\(127\) overflows"):
        ops.OPS["exp"].check(graph, graph.ops[0])


def test_a_logistic_on_another_scale_is_refused():
    graph = single("logistic", [quantized("x", (1, 4), 0.1)], quantized("y", (1, 4), 0.01, -128))
    with pytest.raises(UnsupportedModel, match=r"logistic: LOGISTIC has output scale 0\.01"):
        ops.OPS["logistic"].check(graph, graph.ops[0])


def test_a_dequantize_inside_the_network_is_refused():
    graph = single("dequantize", [quantized("x", (1, 4), 0.1)], quantized("y", (1, 4), [], [], dtype="float32"))
    with pytest.raises(UnsupportedModel, match="dequantize: DEQUANTIZE is inside the network"):
        ops.OPS["dequantize"].check(graph, graph.ops[0])
