"""Recurrent layers: rebuilt without a difference, refused where the converter would crash."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytest.importorskip("tf_keras")

from mcuprune import budget, ops, oracle, recurrent, samples, tflite
from mcuprune.errors import UnsupportedModel
from mcuprune.prune.backend import keras
from mcuprune.prune.layers import prunable
from mcuprune.quantize import quantize
from mcuprune.rewrite import rewrite

L = keras.layers
pytestmark = pytest.mark.keras


def sequential(*layers):
    return keras.Sequential([keras.Input((7, 5)), *layers], name="net")


def stacked():
    """A bit of everything that has sequences."""
    return sequential(
        L.Conv1D(6, 3, name="conv"),
        L.BatchNormalization(name="norm"),
        L.Bidirectional(L.LSTM(4, return_sequences=True, dropout=0.2), name="both"),
        L.LSTM(5, use_bias=False, go_backwards=True, name="memory"),
        L.RepeatVector(3),
        L.LSTM(5, return_sequences=True, name="writer"),
        L.TimeDistributed(L.Dense(2, activation="softmax"), name="last"),
    )


def unrolled():
    """Every kind of layer that becomes steps, and every option of it."""
    return sequential(
        L.Bidirectional(L.GRU(4, return_sequences=True, recurrent_dropout=0.1), name="both"),
        L.LSTM(5, return_sequences=True, name="memory"),
        L.GRU(5, reset_after=False, return_sequences=True, go_backwards=True, name="before"),
        L.GRU(6, use_bias=False, recurrent_activation="tanh", activation="relu", return_sequences=True, name="odd"),
        L.SimpleRNN(4, activation="sigmoid", return_sequences=True, name="simple"),
        L.Bidirectional(L.SimpleRNN(4, activation="relu"), merge_mode="sum", name="sum"),
        L.Dense(3, activation="softmax", name="last"),
    )


def branched():
    x = keras.Input((7, 5))
    y = L.LSTM(5, return_sequences=True, name="first")(x)
    shared = L.Dense(5, name="shared")
    return keras.Model(x, L.Add()([shared(x), shared(y)]))


def randomize(model):
    """Biases, and the statistics of a BatchNormalization, that are not what they began with."""
    random = np.random.default_rng(0)
    for variable in model.weights:
        variable.assign(variable + random.uniform(0.1, 0.3, variable.shape))
    return model


@pytest.mark.parametrize("make", [stacked, branched, unrolled])
def test_a_model_rebuilt_computes_the_same(make):
    model = randomize(make())
    x = np.random.default_rng(1).standard_normal((1, 7, 5), np.float32)
    assert recurrent.check(model)
    rebuilt = recurrent.rebuild(model)
    assert np.abs(rebuilt({"input": x} | recurrent.starts(rebuilt)).numpy() - model(x).numpy()).max() < 1e-6


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (L.RNN(L.GRUCell(3), name="memory"), r"memory is recurrent \(RNN\)"),
        (L.GRU(3, name="memory", recurrent_activation="hard_sigmoid"), "recurrent_activation='hard_sigmoid'"),
        (L.LSTM(3, name="memory", recurrent_activation="hard_sigmoid"), "recurrent_activation='hard_sigmoid'"),
        (L.LSTM(3, name="memory", activation="relu"), "activation='relu'"),
        (L.Bidirectional(L.SimpleRNN(3, name="memory", activation="gelu")), "memory is a SimpleRNN with activation="),
    ],
)
def test_what_crashes_the_converter_is_refused(layer, words, tmp_path):
    with pytest.raises(UnsupportedModel, match=words):
        quantize(sequential(layer), None, tmp_path / "a.tflite")
    assert not list(tmp_path.iterdir())


def test_int8_is_near_to_float_and_the_reference_is_the_oracle(tmp_path):
    """Two directions meet in a concatenation, where the converter mixes up the scales of their states."""
    model = randomize(stacked())
    x = np.random.default_rng(2).standard_normal((24, 7, 5), np.float32)
    quantize(model, x, tmp_path / "net.tflite")
    graph = tflite.read(tmp_path / "net.tflite")
    names = {op.name for op in graph.ops if op.kind == "unidirectional_sequence_lstm"}
    assert names == {"both_forward", "both_backward", "memory", "writer"}
    inputs = samples.quantize(x, graph.input)
    answers = ops.run(graph, inputs)
    assert np.array_equal(answers, oracle.run(tmp_path / "net.tflite", inputs))
    assert np.abs(samples.dequantize(answers, graph.output) - model.predict(x, verbose=0)).mean() < 0.01


@pytest.mark.parametrize(
    ("shape", "layer", "words"),
    [
        ((1, None, 5), L.GRU(3, name="memory"), "memory is a GRU, whose steps must be known"),
        ((1, 7, 5), L.SimpleRNN(3, name="memory", stateful=True), "goes on where the batch before has ended"),
    ],
)
def test_what_cannot_be_unrolled_is_refused(shape, layer, words):
    with pytest.raises(UnsupportedModel, match=words):
        recurrent.check(keras.Sequential([keras.Input(batch_shape=shape), layer]))


def test_unrolled_int8_is_near_to_float_and_the_reference_is_the_oracle(tmp_path):
    model = randomize(unrolled())
    x = np.random.default_rng(2).standard_normal((24, 7, 5), np.float32)
    quantize(model, x, tmp_path / "net.tflite")
    graph = tflite.read(tmp_path / "net.tflite")
    assert len(graph.inputs) == 1
    assert sorted(loop.count for loop in rewrite(graph).graph.loops) == [7] * 7
    constants = [t for op in graph.ops for t in graph.operands(op) if t and t.dtype == "int32" and len(t.scale)]
    assert len({id(t) for t in constants}) == len({t.values.tobytes() for t in constants}), "steps share their biases"
    inputs = samples.quantize(x, graph.input)
    answers = ops.run(graph, inputs)
    assert np.array_equal(answers, oracle.run(tmp_path / "net.tflite", inputs))
    assert np.abs(samples.dequantize(answers, graph.output) - model.predict(x, verbose=0)).mean() < 0.02


@pytest.mark.parametrize("make", [L.GRU, L.SimpleRNN])
def test_pruned_weights_are_zeros_in_int8(make, tmp_path):
    model = sequential(make(8, name="memory"), L.Dense(3, name="last"))
    pruned = 0
    for _, kernel in prunable(model):
        weights = kernel.numpy()
        gone = np.abs(weights) < np.quantile(np.abs(weights), 0.75)
        kernel.assign(np.where(gone, 0, weights))
        pruned += np.count_nonzero(gone)
    quantize(model, np.random.default_rng(0).standard_normal((20, 7, 5), np.float32), tmp_path / "net.tflite")
    graph = tflite.read(tmp_path / "net.tflite")
    weights = [graph.operand(op, 1).values for op in budget.prunable(graph)]
    assert sum(w.size for w in weights) == sum(kernel.shape[0] * kernel.shape[1] for _, kernel in prunable(model))
    assert sum(int(np.count_nonzero(w == 0)) for w in weights) >= pruned


def test_a_stateful_layer_is_noticed():
    model = keras.Sequential([keras.Input((7, 5), batch_size=1), L.LSTM(3, stateful=True)])
    assert recurrent.stateful(model) and not recurrent.stateful(stacked())


def test_a_mask_is_refused():
    with pytest.raises(UnsupportedModel, match="masks time steps"):
        recurrent.check(sequential(L.Masking(), L.LSTM(3)))
