"""16x8 from TensorFlow's converter to bytes, as a user would go."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from mcuprune import board, pipeline, stages
from mcuprune.data import Data
from mcuprune.request import Request

pytestmark = [pytest.mark.emulator, pytest.mark.keras]

# A process of its own: the oracle cannot share one with TensorFlow.
CONVERT = """
import sys, keras, numpy as np, tensorflow as tf
keras.utils.set_random_seed(1)
layers, x = keras.layers, keras.Input((12, 12, 3))
y = layers.Conv2D(8, 3, padding="same", activation="relu", bias_initializer="random_normal")(x)
y = layers.ZeroPadding2D()(y)
y = layers.DepthwiseConv2D(3, padding="same", activation="relu6", bias_initializer="random_normal")(y)
z = layers.Conv2D(8, 1, activation="tanh")(y)
y = layers.Add()([y, z])
y = layers.Multiply()([y, layers.Conv2D(8, 1, activation="sigmoid")(y)])
y = layers.AveragePooling2D(2)(layers.MaxPooling2D(2)(layers.Concatenate()([y, z])))
mean = layers.GlobalAveragePooling2D()(y)
y = layers.Dense(12, activation="relu", bias_initializer="random_normal")(layers.Flatten()(y))
y = layers.Dense(10, activation="softmax")(layers.Concatenate()([y, mean]))
samples = np.random.default_rng(0).normal(size=(30, 12, 12, 3)).astype("float32")
for ends in "float32", "int16":
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(x, y))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample[None]] for sample in samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8]
    converter.inference_input_type = converter.inference_output_type = getattr(tf, ends)
    open(f"{sys.argv[1]}/{ends}.tflite", "wb").write(converter.convert())
"""


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """A folder with a .tflite for each type of its ends."""
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("tensorflow is not installed")
    folder = tmp_path_factory.mktemp("model")
    subprocess.run([sys.executable, "-c", CONVERT, folder], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("ends", ["float32", "int16"])
@pytest.mark.parametrize("target", ["rpi_pico", "stm32f405", "mps3_an547"])
def test_a_converted_network_is_bit_exact_and_its_accuracy_measured(converted, ends, target, tmp_path):
    source = converted / f"{ends}.tflite"
    random = np.random.default_rng(2)
    x, y = random.normal(size=(20, 12, 12, 3)).astype(np.float32), random.integers(0, 10, 20)
    request = Request(
        "model", source.name, "", board.load(target), tmp_path / "build", samples=4, data=Data(x, y, x, y)
    )
    report = pipeline.compile_model(source, request, say=lambda message: None)
    assert report.verify.bit_exact
    assert report.accuracy.device == report.accuracy.int8
    compiled, _ = stages.load(tmp_path / "build")
    assert {op.kind for op in compiled.graph.ops} >= {"conv_2d", "depthwise_conv_2d", "add", "mul", "mean", "softmax"}
    assert compiled.graph.input.dtype == compiled.graph.output.dtype == "int16"
    np.save(tmp_path / "x.npy", x)
    stages.run(tmp_path / "build", tmp_path / "x.npy", tmp_path / "y.npy")
    got = np.load(tmp_path / "y.npy")
    assert got.shape == (20, 10)
    assert np.allclose(got.sum(axis=1), 1, atol=1e-3)
