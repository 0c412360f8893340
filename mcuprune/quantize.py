"""Keras -> int8 .tflite: TensorFlow's converter, in a process of its own.

A process of its own because the converter can crash (it does on many recurrent layers), and a crash must become a
sentence.
The model is converted for a batch of one, which is what a microcontroller runs, and which spares the file four
operators in front of each Flatten.  Pruned weights are exact zeros in the file: int8 weights are symmetric.
"""

import logging
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mcuprune import converted, recurrent
from mcuprune.errors import ToolError, UnsupportedModel

if TYPE_CHECKING:
    import keras

SAMPLES = 400  # enough for the ranges of activations to settle
log = logging.getLogger(__name__)


def quantize(model: "keras.Model", x_calibration: np.ndarray | None, out_path: str | Path, *, seed: int = 0) -> None:
    """Write the int8 version of a model, int8 in and int8 out.

    The ranges of activations are those of up to 400 samples of x_calibration, float32 [n, *input], drawn by the seed.
    Without samples they are those of random normal inputs: sizes and speed are right then, accuracy is not.  A free
    size of the input becomes that of the samples, and int32 or int64 inputs, which are indices, stay what they are.
    """
    out_path = Path(out_path)
    recurrent.check(model)
    out_path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out_path.parent, prefix=".mcuprune-") as folder:
        source, samples, target = (Path(folder, name) for name in ("model.keras", "samples.npy", "model.tflite"))
        model.save(source)
        np.save(samples, _samples(model, x_calibration, seed))
        _run([sys.executable, "-m", __name__, str(source), str(samples), str(target)], model, target)
        os.replace(target, out_path)


def _samples(model: "keras.Model", x: np.ndarray | None, seed: int) -> np.ndarray:
    from mcuprune.prune.indices import input_type  # imports TensorFlow

    random, kind = np.random.default_rng(seed), input_type(model)
    if x is None and (None in model.input_shape[1:] or kind != "float32"):
        raise UnsupportedModel(
            f"the input of {model.name} has shape {model.input_shape[1:]} and type {kind}; where a "
            "size is free or values are indices, --data has to say what samples look like"
        )
    if x is None:
        log.warning("no data: %s is calibrated on random inputs, its int8 accuracy means nothing", model.name)
        return random.standard_normal((SAMPLES, *model.input_shape[1:]), np.float32)
    chosen = random.choice(len(x), min(SAMPLES, len(x)), replace=False)
    return x[np.sort(chosen)].astype(kind)


def _run(command: list[str], model: "keras.Model", target: Path) -> None:
    """The child process.  Its failure is laid at the door of the first layer that is not known to convert."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    child = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace")
    if child.returncode == 0 and target.is_file():
        return
    log.debug("%s\n%s", " ".join(command), child.stderr)
    suspect = next((layer for layer in model.layers if type(layer).__name__ not in CONVERTS), None)
    if suspect is not None:
        raise UnsupportedModel(
            f"the TFLite converter cannot convert {model.name}, likely because of layer {suspect.name} "
            f"({type(suspect).__name__}): {_reason(child)}"
        )
    raise ToolError(f"the TFLite converter failed on {model.name}: {_reason(child)}; -v shows all of its output")


def _reason(child: subprocess.CompletedProcess[str]) -> str:
    if child.returncode < 0:
        return f"it crashed with signal {-child.returncode}"
    lines = [line for line in child.stderr.splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else f"it ended with status {child.returncode}"


# Layers that become operators mcuprune compiles, or vanish; a failure is looked for elsewhere first.
CONVERTS = {
    *("InputLayer", "Dense", "Conv1D", "Conv2D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"),
    *("BatchNormalization", "Activation", "ReLU", "LeakyReLU", "Softmax", "Dropout", "SpatialDropout1D"),
    *("SpatialDropout2D", "GaussianNoise", "Flatten", "Reshape", "ZeroPadding1D", "ZeroPadding2D", "Rescaling"),
    *("MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D", "GlobalMaxPooling2D"),
    *("GlobalAveragePooling1D", "GlobalAveragePooling2D", "Add", "Multiply", "Concatenate", "Permute"),
    *("LSTM", "GRU", "SimpleRNN", "Bidirectional", "TimeDistributed", "RepeatVector"),
    *("Subtract", "Maximum", "Minimum", "PReLU", "Conv2DTranspose", "UpSampling1D", "UpSampling2D", "Embedding"),
}


def _convert(source: str, samples: str, target: str) -> None:
    """What the child process does."""
    from mcuprune.prune.backend import keras, tf
    from mcuprune.prune.loading import load
    from mcuprune.prune.qat import Range

    model, shown = load(source), np.load(samples)
    starts: dict[str, np.ndarray] = {}
    if recurrent.check(model):
        renamed = recurrent.rebuild(model, shown.dtype.name)
        recurrent.settle(renamed, shown)
        starts = recurrent.starts(renamed)
    else:
        # A free size becomes that of the samples; indices stay integers.
        single = keras.Input(shown.shape[1:], batch_size=1, dtype=shown.dtype.name)
        renamed = keras.models.clone_model(model, input_tensors=single, clone_function=_marked, recursive=True)
        renamed.set_weights(model.get_weights())
    converter = tf.lite.TFLiteConverter.from_keras_model(renamed)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if not any(isinstance(layer, Range) for layer in model.layers):  # which say all there is to know
        converter.representative_dataset = lambda: (
            {recurrent.SOURCE: sample[None]} | starts if starts else [sample[None]] for sample in shown
        )
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    dense = keras.layers.Dense, keras.layers.TimeDistributed, keras.layers.EinsumDense, keras.layers.MultiHeadAttention
    if starts or any(isinstance(layer, dense) and len(layer.output.shape) > 2 for layer in model.layers):
        # The reference kernel of tflite-runtime 2.14 is wrong for per-channel weights with such an output.
        converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    Path(target).write_bytes(_unmarked(converter.convert(), model))


def _marked(layer: "keras.layers.Layer") -> "keras.layers.Layer":
    """A copy of a layer with a dot after its name.

    Keras enters each name scope twice, so TensorFlow numbers it: 'conv2d' comes out as 'conv2d_1', which is another
    layer.  With the mark it comes out as 'conv2d._1', and can be told.
    """
    return layer.__class__.from_config({**layer.get_config(), "name": f"{layer.name}."})


def _unmarked(content: bytes, source: "keras.Model") -> bytes:
    """Give the tensors of a .tflite the names that the layers have in Keras."""
    from tensorflow.lite.tools import flatbuffer_utils

    model = flatbuffer_utils.convert_bytearray_to_object(content)
    if len(model.subgraphs[0].inputs) > 1:
        converted.begin(model)
        converted.share(model)
    converted.unfuse(model)
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            name = re.sub(rf"(^|;){re.escape(source.name)}(_\d+)?/", r"\1", tensor.name.decode())
            tensor.name = re.sub(r"\.(_\d+)?(?=/|;|$)", "", name)
        codes = [model.operatorCodes[op.opcodeIndex].builtinCode for op in graph.operators]
        converted.mend(graph, model.buffers, codes, source)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


if __name__ == "__main__":
    _convert(*sys.argv[1:])
