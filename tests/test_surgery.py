"""Channels that belong together, and models rebuilt without some of them."""

import os
from pathlib import Path

import numpy as np
import pytest

from mcuprune.data import Data
from mcuprune.errors import UsageError

pytest.importorskip("tensorflow")

from mcuprune.prune import prune
from mcuprune.prune.backend import keras
from mcuprune.prune.channels import trace
from mcuprune.prune.dead import without_dead
from mcuprune.prune.loading import load
from mcuprune.prune.methods import taylor
from mcuprune.prune.objective import infer
from mcuprune.prune.recovery import recalibrate, refreshed
from mcuprune.prune.surgery import compact
from mcuprune.prune.task import Task

L = keras.layers
SHARED = Path(os.environ.get("MCUPRUNE_SHARED") or Path(__file__).parents[2] / "shared")


def image(size=8, channels=3):
    return keras.Input((size, size, channels))


def conv(x, filters, kernel=3, **options):
    options = {"padding": "same", **options}
    return L.ReLU()(L.BatchNormalization()(L.Conv2D(filters, kernel, **options)(x)))


def head(x, y, classes=3):
    return keras.Model(x, L.Dense(classes, "softmax")(L.GlobalAveragePooling2D()(y)))


def residual():
    x = image()
    y = conv(x, 6)
    for filters, stride in ((6, 1), (10, 2)):
        z = L.Conv2D(filters, 3, padding="same")(conv(y, filters, strides=stride))
        y = L.Conv2D(filters, 1, strides=stride)(y) if stride > 1 else y
        y = L.ReLU()(L.Add()([L.BatchNormalization()(z), y]))
    return head(x, L.AveragePooling2D(2)(y))


def mobile():
    x = image()
    y = conv(x, 6, strides=2)
    y = L.ReLU(6)(L.BatchNormalization()(L.DepthwiseConv2D(3, padding="same", depth_multiplier=2)(y)))
    y = conv(y, 8, 1)
    z = L.Dense(8, "sigmoid")(L.Dense(4, "relu")(L.GlobalAveragePooling2D()(y)))
    y = L.Multiply()([y, L.Reshape((1, 1, 8))(z)])
    return head(x, L.SeparableConv2D(7, 3, activation="relu")(y))


def branches():
    x = image()
    a, b = conv(x, 4), L.MaxPooling2D(3, 1, "same")(conv(x, 5))
    y = L.Concatenate()([a, b, L.ZeroPadding2D(1)(L.Cropping2D(1)(conv(x, 3)))])
    z = L.Average()([conv(y, 12), y])
    return head(x, L.Maximum()([L.UpSampling2D(2)(L.Conv2D(12, 2, strides=2)(z)), z]))


def flattened():
    x = image(8, 1)
    y = L.MaxPooling2D()(L.Conv2D(5, 3, activation="tanh")(x))
    y = L.Dense(12, "relu")(L.Dropout(0.5)(L.Flatten()(y)))
    y = L.BatchNormalization()(L.Dense(9, "sigmoid")(y))
    return keras.Model(x, L.Softmax()(L.Dense(4)(y)))


def grouped():
    x = image()
    y = L.Conv2D(8, 3, groups=4, activation="relu")(conv(x, 8))
    y = L.Conv2D(16, 3, groups=8, activation="relu")(y)
    return head(x, L.PReLU()(L.Conv2DTranspose(6, 3, strides=2)(y)))


def nested():
    inner = keras.Sequential(
        [keras.Input((8, 8, 4)), L.Conv2D(6, 3, padding="same"), L.BatchNormalization()], name="in"
    )
    outer = keras.Sequential([keras.Input((8, 8, 3)), L.Conv2D(4, 1), inner, L.Flatten(), L.Dense(5), L.Dense(2)])
    return outer


def twice():
    x = image(8, 4)
    shared = L.Conv2D(4, 3, padding="same", activation="relu")
    y = shared(shared(L.Conv2D(4, 1)(x)))
    return head(x, conv(y, 5) + conv(y, 5))


def sequence():
    x = keras.Input((7,), dtype="int32")
    y = L.Conv1D(6, 3, activation="relu")(L.Embedding(11, 5)(x))
    y = L.GRU(5, return_sequences=True)(L.LSTM(6, return_sequences=True)(y))
    y = L.SimpleRNN(4)(L.DepthwiseConv1D(2)(y))
    return keras.Model(x, L.Dense(2)(y))


def reordered():
    x = keras.Input((12, 4))
    y = L.Permute((2, 1, 3))(L.Reshape((3, 4, 6))(L.Conv1D(6, 1)(x)))
    y = L.Reshape((4, 18))(y)  # channels of three rows side by side
    return keras.Model(x, L.Dense(3)(L.GlobalMaxPooling1D()(L.Conv1D(5, 1)(y))))


MODELS = [residual, mobile, branches, flattened, grouped, nested, twice, sequence, reordered]


def shaken(make):
    """A model with weights that are nowhere zero or one, so that nothing holds by chance."""
    keras.utils.set_random_seed(0)
    model, random = make(), np.random.default_rng(0)
    for variable in model.weights:
        variable.assign(random.uniform(0.3, 1, variable.shape) * random.choice([-1, 1], variable.shape))
        if "variance" in variable.path:
            variable.assign(abs(variable.numpy()))
    return model


def samples(model, count=2):
    random, tensor = np.random.default_rng(1), model.inputs[0]
    shape = (count, *tensor.shape[1:])
    return random.integers(0, 11, shape) if "int" in tensor.dtype else random.normal(size=shape).astype(np.float32)


def some(channels, random, share=0.5):
    """Keep about a share of the channels, and one at least of each group."""
    keep = channels.fixed | (random.random(len(channels.fixed)) < share)
    for group in range(channels.group.max() + 1):
        keep[channels.members(group)[0]] = True
    return keep


def unread(model, channels, keep):
    """The model, of which nothing reads the channels that are not kept any more."""
    for weight in channels.weights:
        if weight.reads is not None:
            values = np.moveaxis(weight.variable.numpy(), weight.reads, 0)
            values[~keep[weight.axes[weight.reads]]] = 0
            weight.variable.assign(np.moveaxis(values, 0, weight.reads))
    return model


@pytest.mark.parametrize("make", MODELS)
def test_a_compacted_model_computes_what_the_masked_one_does(make):
    model = shaken(make)
    x, channels = samples(model), trace(model)
    keep = some(channels, np.random.default_rng(2))
    small = compact(model, channels, keep)
    assert small.count_params() == channels.count(keep) < model.count_params() == channels.parameters
    assert channels.barriers == {}
    masked = unread(model, channels, keep)(x).numpy()
    assert np.abs(small(x) - masked).max() <= 1e-4 * np.abs(masked).max()
    assert small.output_shape == model.output_shape


def test_a_residual_stream_has_the_channels_of_one_layer():
    channels = trace(residual())
    makers = [sorted(w.layer for w in channels.makers(g)) for g in range(channels.group.max() + 1)]
    assert sorted(map(len, makers)) == [0, 1, 1, 1, 2, 2]  # input and nothing, inner ones and the output, two streams


def test_input_and_output_are_fixed_and_all_else_is_free():
    channels = trace(flattened())
    assert channels.fixed.sum() == 1 + 4 and len(channels.fixed) == 1 + 5 + 12 + 9 + 4
    assert channels.macs(np.ones(31, bool)) == 36 * 9 * 5 + 45 * 12 + 12 * 9 + 9 * 4


def test_a_layer_that_is_not_known_keeps_the_channels_it_meets():
    x = image()
    y = L.LayerNormalization(name="unknown")(L.Conv2D(5, 3, name="kept")(L.Conv2D(4, 3)(x)))
    model = shaken(lambda: head(x, L.Conv2D(6, 3)(y)))
    channels = trace(model)
    assert channels.barriers == {"unknown": "LayerNormalization"}
    small = compact(model, channels, some(channels, np.random.default_rng(0), 0))
    assert [layer.filters for layer in small.layers if isinstance(layer, L.Conv2D)] == [1, 5, 1]


def test_what_looks_at_all_channels_together_keeps_them():
    x = image()
    gate = L.Dense(4, "softmax")(L.GlobalAveragePooling2D()(L.Conv2D(4, 3)(x)))
    channels = trace(keras.Model(x, L.Dense(2)(L.Softmax()(L.Dense(5)(gate)))))
    free = [w.layer for w in channels.weights if w.makes is not None and not channels.fixed[w.axes[w.makes]].any()]
    assert len(free) == 1 and free[0].startswith("conv2d")


class Own(L.Dense):
    """May do anything with its kernel."""


def test_a_class_of_your_own_is_not_taken_for_its_parent():
    x = keras.Input((4,))
    channels = trace(keras.Model(x, L.Dense(2)(Own(3, name="own")(L.Dense(5)(x)))))
    assert channels.barriers == {"own": "Own"} and channels.fixed.all()


def test_resnet_50_with_the_widths_of_the_paper_has_its_numbers_of_parameters():
    """Salama et al. 2019: the widths are those of the code that they published."""
    model = keras.applications.ResNet50(weights=None)
    channels = trace(model)
    widths = {"conv1_conv": 63}
    stages = [
        [(59, 56), (60, 64), (64, 64)],
        [(128, 128), (62, 76), (128, 128), (128, 128)],
        [(256, 251), (205, 211), (231, 235), (255, 235), (256, 243), (256, 253)],
        [(512, 222), (511, 315), (512, 186)],
    ]
    for stage, (blocks, width) in enumerate(zip(stages, (199, 353, 918, 1921), strict=True), 2):
        widths[f"conv{stage}_block1_0_conv"] = width
        for block, inner in enumerate(blocks, 1):
            names = (f"conv{stage}_block{block}_{i}_conv" for i in (1, 2, 3))
            widths |= dict(zip(names, (*inner, width), strict=True))
    keep = np.ones(len(channels.fixed), bool)
    for weight in channels.weights:
        if weight.makes is not None and weight.layer in widths:
            keep[weight.axes[weight.makes][widths[weight.layer] :]] = False
    stays = sum(w.size(keep) for w in channels.weights if w.variable.path.endswith("conv/bias"))
    before = sum(w.variable.shape[0] for w in channels.weights if w.variable.path.endswith("conv/bias"))
    # the paper's network has no biases beside batch norm, and its statistics are not counted
    assert (channels.parameters - 3 * before, channels.count(keep) - 3 * stays) == (25_557_032, 17_895_662)


# Dead channels


def pruned_to_death(make, share, seed=0):
    """A model in which whole filters and whole columns of weights have become zero, and many single weights."""
    model, random = shaken(make), np.random.default_rng(seed)
    for weight in trace(model).weights:
        if weight.makes is not None and weight.reads is not None:
            values = np.moveaxis(weight.variable.numpy(), (weight.reads, weight.makes), (0, 1))
            values[random.random(values.shape[0]) < share] = 0
            values[:, random.random(values.shape[1]) < share] = 0
            weight.variable.assign(np.moveaxis(values, (0, 1), (weight.reads, weight.makes)))
    return model


@pytest.mark.parametrize("make", [residual, branches, flattened, grouped, sequence])
def test_without_dead_channels_a_model_computes_the_same(make):
    model = pruned_to_death(make, 0.5)
    small, x = without_dead(model), samples(model)
    expected = model(x).numpy()
    assert np.abs(small(x) - expected).max() <= 1e-4 * np.abs(expected).max()
    assert small.count_params() < model.count_params()


def test_what_a_filter_without_weights_emits_goes_into_the_next_bias():
    model = keras.Sequential([keras.Input((6,)), L.Dense(4, "sigmoid"), L.Dropout(0.1), L.Dense(2)])
    kernel, bias = model.layers[0].weights
    kernel.assign(kernel.numpy() * [1, 0, 1, 0])
    bias.assign([1.0, 2.0, 3.0, 4.0])
    small = without_dead(model)
    assert small.layers[1].units == 2
    gone = 1 / (1 + np.exp([-2.0, -4.0])) @ model.layers[2].kernel.numpy()[[1, 3]]
    assert small.layers[3].bias.numpy() == pytest.approx(gone, abs=1e-6)


def test_a_constant_that_a_border_sees_stays():
    def net(padding):
        x = keras.Input((6, 6, 2))
        first = L.Conv2D(4, 3, name="first", activation="relu")
        model = keras.Model(x, L.Flatten()(L.Conv2D(2, 3, padding=padding, name="second")(first(x))))
        first.kernel.assign(first.kernel.numpy() * [1, 0, 0, 1])
        first.bias.assign([0.0, 5.0, -5.0, 0.0])  # the third emits zero, and a border of zeros is no border
        return without_dead(model).get_layer("first").filters

    assert (net("valid"), net("same")) == (2, 3)


# Methods


def data(shape=(8, 8, 3), samples=200):
    random = np.random.default_rng(0)
    y = random.integers(0, 3, samples)
    x = random.normal(size=(samples, *shape)) + y.reshape(-1, *[1] * len(shape))
    return Data(x.astype(np.float32), y, x.astype(np.float32), y)


def short():
    x = image()
    y = L.Conv2D(9, 3, padding="same", activation="relu")(L.BatchNormalization()(L.Conv2D(9, 3, activation="relu")(x)))
    return head(x, y)


@pytest.mark.parametrize(
    ("method", "make", "sparsity", "excess"),
    [
        ("global-filters", short, 0.5, 0.12),
        ("taylor", short, 0.5, 0.12),
        ("channels", short, 0.3, 0.12),
        ("neurons", flattened, 0.6, 0.06),
        ("layers", short, 0.5, 0.2),
    ],
)
def test_structured_methods_return_a_smaller_dense_model(method, make, sparsity, excess):
    model = shaken(make)
    before = [weight.copy() for weight in model.get_weights()]
    result = prune(model, data(model.input_shape[1:]), method=method, sparsity=sparsity, epochs=2, say=list)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert result.masks == {} and sparsity <= result.sparsity <= sparsity + excess
    assert result.sparsity == 1 - result.model.count_params() / model.count_params()
    assert result.model.output_shape == model.output_shape
    assert [record["epoch"] for record in result.history] == [1, 2]


def test_neurons_leave_convolutions_alone_and_channels_the_rest():
    model = shaken(flattened)
    for method, widths in (("neurons", [5]), ("channels", [12, 9])):
        small = prune(model, None, method=method, sparsity=0.1, say=list).model
        kind = L.Conv2D if method == "neurons" else L.Dense
        assert [getattr(y, "filters", 0) or y.units for y in small.layers if isinstance(y, kind)][
            : len(widths)
        ] == widths


def test_more_than_there_is_cannot_go():
    with pytest.raises(UsageError, match=r"without all units of inner layers that may go, .* parameters are left"):
        prune(shaken(residual), None, method="neurons", sparsity=0.5, say=list)
    with pytest.raises(UsageError, match="no other layer can go"):
        prune(shaken(flattened), data((8, 8, 1)), method="layers", sparsity=0.9, say=list)


def test_a_pruned_model_is_pruned_further_against_the_dense_one():
    model = shaken(residual)
    once = prune(model, None, method="global-filters", sparsity=0.3, say=list)
    twice = prune(once.model, None, method="global-filters", sparsity=0.5, teacher=model, say=list)
    assert twice.model.count_params() <= 0.5 * model.count_params() < once.model.count_params()


def test_what_is_not_known_is_said():
    x, said = image(), []
    model = head(x, L.GroupNormalization(1, name="odd")(L.Conv2D(5, 3)(L.Conv2D(9, 3)(x))))
    prune(model, None, method="global-filters", sparsity=0.3, say=said.append)
    assert said[0] == "odd keeps its channels: what a GroupNormalization does with them is not known"


def test_the_gradient_finds_the_neuron_that_does_nothing():
    x = keras.Input((3,))
    model = keras.Model(x, L.Dense(3, "softmax")(L.Dense(6, "relu", name="hidden")(x)))
    out = model.layers[-1].kernel.numpy()
    out[4] = 0
    model.layers[-1].kernel.assign(out)
    given = data((3,))
    task = Task(0.1, model, given, infer(model, given))
    channels = trace(model)
    hidden = next(w.axes[w.makes] for w in channels.weights if w.layer == "hidden" and w.makes == 1)
    scores = taylor.score(model, channels, task)
    assert scores[hidden].argmin() == 4 and np.square(scores[hidden]).sum() == pytest.approx(1, abs=1e-3)


def test_recalibration_measures_what_training_would_have_learned():
    x = np.random.default_rng(0).normal(3, 2, (400, 5)).astype(np.float32)
    model = keras.Sequential([keras.Input((5,)), L.BatchNormalization(momentum=0.9, epsilon=0)])
    recalibrate(model, x)
    assert model.layers[0].momentum == 0.9
    assert model.layers[0].moving_mean.numpy() == pytest.approx(x.mean(axis=0), abs=0.05)
    assert model(x).numpy().std() == pytest.approx(1, abs=0.02)


def test_statistics_are_refreshed_in_a_copy_and_only_where_that_helps():
    x = np.random.default_rng(0).normal(3, 2, (400, 5)).astype(np.float32)
    model = keras.Sequential([keras.Input((5,)), L.BatchNormalization(epsilon=0)])

    def centred(model):
        return -abs(float(model(x).numpy().mean()))

    fresh = refreshed(model, x, centred)
    assert centred(fresh) > -0.1 and centred(model) < -2
    assert refreshed(fresh, x + 9, centred) is fresh


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared models are not here (MCUPRUNE_SHARED)")
@pytest.mark.parametrize("name", ["ad01.h5", "ds_cnn_digits.keras", "resnet8_cifar10.keras", "mnist_lstm.keras"])
def test_real_models_are_compacted_exactly(name):
    model = load(SHARED / "models" / name)
    channels = trace(model)
    assert channels.barriers == {}
    keep = some(channels, np.random.default_rng(0))
    small = compact(model, channels, keep)
    assert small.count_params() == channels.count(keep) < 0.7 * model.count_params()
    x = samples(model)
    assert np.abs(small(x) - unread(model, channels, keep)(x)).max() < 1e-3
