"""Quantization-aware fine-tuning: zeros stay zero, and the file is what the training saw."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from test_prune import L, chain, classifier, clusters, data_of
from test_prune_methods import task_for

from mcuprune import ops, samples
from mcuprune.compiled import read
from mcuprune.errors import UnsupportedModel
from mcuprune.prune import prune, qat
from mcuprune.prune.backend import keras, predict
from mcuprune.prune.layers import prunable
from mcuprune.quantize import quantize


def residual():
    """Everything that training for int8 folds, joins or splits."""
    keras.utils.set_random_seed(1)
    x = keras.Input((8, 8, 3), name="image")
    a = L.ReLU(name="a_relu")(L.BatchNormalization(name="a_norm")(L.Conv2D(4, 3, padding="same", name="a")(x)))
    b = L.BatchNormalization(name="b_norm")(L.DepthwiseConv2D(3, padding="same", use_bias=False, name="b")(a))
    c = L.Conv2D(4, 1, name="c")(b)
    y = L.Activation("relu", name="sum_relu")(L.Add(name="sum")([a, c]))
    y = L.Dropout(0.1, name="drop")(L.MaxPooling2D(name="pool")(y))
    return keras.Model(x, L.Dense(3, "softmax", name="head")(L.Flatten(name="flat")(y)), name="net")


def images(n=200):
    random = np.random.default_rng(0)
    y = random.integers(0, 3, n)
    x = random.normal(size=(n, 8, 8, 3)) + 0.7 * np.eye(3)[y][:, None, None, :]
    return data_of(x, y)


def test_ranges_stand_where_tflite_has_tensors_of_their_own():
    model, data = residual(), images()
    for layer in model.layers:
        if isinstance(layer, L.BatchNormalization):
            random = np.random.default_rng(2)
            layer.set_weights([random.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    aware = qat.with_ranges(model, data.x_train)
    ranged = [layer.name for layer in aware.layers if isinstance(layer, qat.Range)]
    assert ranged == [f"{name}_range" for name in ("input", "a_relu", "b_norm", "c", "sum_relu", "head")]
    # folding changes nothing but the last digits, rounding to 256 steps a little
    assert np.allclose(predict(qat.plain(aware), data.x_train), predict(model, data.x_train), atol=1e-5)
    assert np.allclose(predict(aware, data.x_train), predict(model, data.x_train), atol=0.1)


def test_ranges_cut_off_what_is_rare_and_large():
    values = np.random.default_rng(0).normal(size=50_000).astype(np.float32)
    low, high = qat.fitted_range(np.append(values, [-40, 60]).astype(np.float32))
    assert -40 < low < values.min() and values.max() < high < 60


def test_ranges_keep_what_is_even_and_hold_zero():
    assert qat.fitted_range(np.linspace(2, 5, 1000, dtype=np.float32)) == (0, 5)
    assert qat.fitted_range(np.zeros(10, np.float32)) == (0, pytest.approx(1e-6, rel=0.7))


def test_what_was_trained_for_int8_is_what_the_file_holds(tmp_path):
    model, data = residual(), images()
    pruned = prune(model, data, sparsity=0.6, epochs=2)
    task = task_for(model, data)
    result = qat.fine_tuned(pruned.model, task)
    for name, mask in pruned.masks.items():
        assert not result.model.get_layer(name).kernel.numpy()[~mask].any()
        assert np.array_equal(result.masks[name], mask)
    quantize(result.model, data.x_train, tmp_path / "a.tflite")
    graph = read(tmp_path / "a.tflite", "a")
    layers = {op.name: op for op in graph.ops if op.kind in ("conv_2d", "depthwise_conv_2d", "fully_connected")}
    assert set(layers) == {"a", "b", "c", "head"}
    for name, op in layers.items():
        weights = graph.tensors[op.inputs[1]]
        kernel = result.model.get_layer(name).kernel.numpy()
        real = np.moveaxis(weights.values * weights.scale.reshape(-1, *[1] * (kernel.ndim - 1)), 0, -1)
        if name == "b":
            real = weights.values[0][..., None] * weights.scale.reshape(1, 1, -1, 1)
        assert np.allclose(real.reshape(kernel.shape), kernel, atol=1e-6)  # no integer was rounded anew
    outputs = samples.dequantize(ops.run(graph, samples.quantize(data.x_test, graph.input)), graph.output)
    assert np.abs(outputs - predict(result.model, data.x_test)).max() < 0.03


def test_a_layer_without_a_place_is_named():
    model = chain(keras.Input((8, 3)), L.LSTM(4, name="memory"), L.Dense(3, name="head"))
    with pytest.raises(UnsupportedModel, match=r"layer memory \(LSTM\) has no place in quantization-aware training"):
        qat.with_ranges(model, np.zeros((2, 8, 3), np.float32))
    x = keras.Input((4,))
    shared = L.Dense(4, name="twice")
    with pytest.raises(UnsupportedModel, match="it is used twice"):
        qat.with_ranges(keras.Model(x, shared(shared(x))), np.zeros((2, 4), np.float32))


def test_a_classifier_is_trained_for_int8_without_losing_its_zeros():
    model, data = classifier(), clusters()
    pruned = prune(model, data, sparsity=0.7, epochs=3)
    result = qat.fine_tuned(pruned.model, task_for(model, data))
    assert result.sparsity >= pruned.sparsity
    assert [name for name, _ in prunable(result.model)] == [name for name, _ in prunable(pruned.model)]
