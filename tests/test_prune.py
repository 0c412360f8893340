"""Pruning: what may be pruned, what a model is for, and training that keeps zeros zero."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest

from mcuprune.data import Data, check
from mcuprune.errors import UnsupportedModel, UsageError
from mcuprune.prune import methods
from mcuprune.prune.masks import sparsity
from mcuprune.prune.patterns import ANY
from mcuprune.prune.schedules import Cubic
from mcuprune.request import Options


def test_methods_are_the_files_of_their_folder():
    assert {"gradual", "oneshot-magnitude"} <= set(methods.NAMES)
    with pytest.raises(UsageError, match=r"there are .*gradual"):
        methods.load("magic")


@pytest.mark.parametrize("name", methods.NAMES)
def test_every_method_says_in_two_sentences_what_it_does_and_where_it_is_from(name):
    about = methods.about(name)
    assert re.search(r"\d{4}, arXiv \d{4}\.\d{5}", about) or re.search(r"[A-Z][a-z]+.* \d{4}", about)
    assert len(re.findall(r"[a-z)\d]\. [A-Z]", about)) == 1 and about.endswith(".")
    assert set(methods.options(name)) <= {field.name for field in fields(Options)}


def test_the_package_alone_imports_no_tensorflow():
    code = "import sys, mcuprune.prune, mcuprune.prune.progress, mcuprune.quantize; print('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


pytest.importorskip("tensorflow")

from mcuprune.prune import Checkpoints, Pruning, evaluate, prune  # noqa: E402
from mcuprune.prune.augment import Augment  # noqa: E402
from mcuprune.prune.backend import keras, tf  # noqa: E402
from mcuprune.prune.layers import int8_matrices, prunable  # noqa: E402
from mcuprune.prune.loading import save  # noqa: E402
from mcuprune.prune.objective import Objective, infer  # noqa: E402
from mcuprune.prune.recipe import chosen, default_epochs, macs  # noqa: E402
from mcuprune.prune.task import Task  # noqa: E402

L = keras.layers


def chain(*layers, name="net"):
    return keras.Sequential([*layers], name=name)


def classifier(dropout=None):
    keras.utils.set_random_seed(0)
    drop = [L.Dropout(dropout, name="drop")] if dropout else []
    one, two = L.Dense(24, "relu", name="one"), L.Dense(3, "softmax", name="two")
    return chain(keras.Input((6,), name="x"), one, *drop, two)


def clusters(samples=300):
    """Three clouds of points, which `classifier` can tell apart."""
    random = np.random.default_rng(0)
    y = random.integers(0, 3, samples)
    x = random.normal(size=(samples, 6)) + 5 * np.eye(6)[y]
    half = samples // 2
    return check({"x_train": x[:half], "y_train": y[:half], "x_test": x[half:], "y_test": y[half:]}, "clusters")


def magnitude_masks(model, sparsity):
    return ANY.masks({name: kernel.numpy() ** 2 for name, kernel in prunable(model)}, sparsity, "global")


def names(model):
    return [name for name, _ in prunable(model)]


# Layers


def test_the_first_convolution_and_depthwise_kernels_stay_dense():
    model = chain(
        keras.Input((8, 8, 3)),
        L.Conv2D(4, 3, name="stem"),
        L.DepthwiseConv2D(3, name="depth"),
        L.Conv2D(4, 1, name="point"),
        L.SeparableConv2D(5, 3, name="separable"),
        L.Flatten(),
        L.Dense(2, name="head"),
    )
    assert names(model) == ["point", "separable", "head"]
    assert dict(prunable(model))["separable"].shape == (1, 1, 4, 5)


def test_a_lone_convolution_is_prunable():
    assert names(chain(keras.Input((8, 8, 3)), L.Conv2D(4, 3, name="only"))) == ["only"]


def test_nested_models_shared_layers_and_wrappers_are_named_once():
    inner = chain(keras.Input((4,)), L.Dense(4, name="a"), name="inner")
    x = keras.Input((5, 4))
    shared = L.TimeDistributed(inner.layers[0], name="each")
    y = L.Bidirectional(L.LSTM(3, name="memory"), name="both")(shared(shared(x)))
    z = chain(keras.Input((6,)), L.Dense(4, name="b"), name="outer")(y)
    model = keras.Model(x, inner(z))
    assert names(model) == [
        "each",
        "both/forward/kernel",
        "both/forward/recurrent_kernel",
        "both/backward/kernel",
        "both/backward/recurrent_kernel",
        "outer/b",
    ]


def test_int8_matrices_have_rows_of_outputs_scaled_to_127():
    model = classifier()
    masks = magnitude_masks(model, 0.5)
    matrices = int8_matrices(model, masks)
    assert {name: matrix.shape for name, matrix in matrices.items()} == {"one": (24, 6), "two": (3, 24)}
    for name, matrix in matrices.items():
        assert set(np.abs(matrix.astype(int)).max(axis=1)) <= {0, 127}
        assert not matrix[~masks[name].T].any()


# Objective


def data_of(x, y):
    return Data(np.asarray(x, np.float32), y, np.asarray(x, np.float32), y)


def test_loss_and_metric_are_inferred_from_the_last_layer_and_the_labels():
    x, y = np.random.default_rng(0).normal(size=(9, 6)), np.arange(9) % 3
    assert infer(classifier(), data_of(x, y)) == Objective("classes", "accuracy")
    logits = chain(keras.Input((6,)), L.Dense(3))
    assert infer(logits, data_of(x, y)) == Objective("classes", "accuracy", logits=True)
    split = chain(keras.Input((6,)), L.Dense(3), L.Softmax(), L.Reshape((3,)))
    assert infer(split, data_of(x, y)) == Objective("classes", "accuracy")
    yes = chain(keras.Input((6,)), L.Dense(1, "sigmoid"))
    assert infer(yes, data_of(x, y % 2)) == Objective("flags", "accuracy")
    same = chain(keras.Input((6,)), L.Dense(2), L.Dense(6))
    assert infer(same, data_of(x, None)).kind == "values" and infer(same, data_of(x, None)).metric == "mse"
    assert infer(chain(keras.Input((6,)), L.Dense(1)), data_of(x, x[:, 0])).metric == "mse"


def test_a_compiled_loss_counts_where_it_fits():
    x, y = np.random.default_rng(0).normal(size=(9, 6)), np.arange(9) % 3
    number, labels = chain(keras.Input((6,)), L.Dense(1)), chain(keras.Input((6,)), L.Dense(3))
    number.compile(loss="mae")
    assert infer(number, data_of(x, x[:, 0])).metric == "mae"
    labels.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    assert infer(labels, data_of(x, y)) == Objective("classes", "accuracy", logits=True)
    labels.compile(loss="mse")
    assert infer(labels, data_of(x, y)).kind == "classes"


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (np.arange(9), "y goes up to 8, but the model knows the classes 0 to 2 only"),
        (np.arange(9) - 1, "does not hold class numbers"),
        (np.zeros((9, 2)) + 0.5, r"returns \(3,\) a sample, y_train holds \(2,\)"),
        (None, "the data has no y, so the model must return its input"),
    ],
)
def test_data_that_does_not_fit_the_model_is_refused(y, words):
    with pytest.raises(UsageError, match=words):
        infer(classifier(), data_of(np.zeros((9, 6)), y))


def test_scores_are_as_good_that_differ_by_less_than_the_samples_can_tell():
    accuracy, error = Objective("classes", "accuracy"), Objective("values", "mse")
    assert accuracy.as_good(0.976, 0.98, 1000) and not accuracy.as_good(0.975, 0.98, 1000)
    assert accuracy.as_good(1.0, 1.0, 1000) and not accuracy.as_good(0.999, 1.0, 1000)
    assert error.as_good(0.5, 0.5, 1000) and not error.as_good(0.51, 0.5, 1000)


def test_a_teacher_is_at_distance_zero_from_itself():
    outputs = tf.nn.softmax(np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32))
    objective = Objective("classes", "accuracy")
    assert float(objective.distance(outputs, outputs, 3.0)) == pytest.approx(0, abs=1e-5)
    sure = tf.constant([[1.0, 0, 0, 0]])
    assert np.isfinite(float(objective.distance(sure, tf.constant([[0.0, 1, 0, 0]]), 3.0)))


# Pruning


STRUCTURED = {"channels", "global-filters", "layers", "neurons", "taylor"}  # tests/test_surgery.py has these


@pytest.mark.parametrize("method", sorted({*methods.NAMES} - STRUCTURED))
def test_a_pruned_copy_has_exact_zeros_and_the_model_is_left_alone(method):
    model, data = classifier(), clusters()
    before = [w.copy() for w in model.get_weights()]
    result = prune(model, data, method=method, sparsity=0.7, epochs=2)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert result.sparsity == pytest.approx(0.7, abs=0.02)
    for name, kernel in prunable(result.model):
        assert not kernel.numpy()[~result.masks[name]].any()


def test_pruning_trains_and_the_same_seed_gives_the_same_bytes(tmp_path):
    model, data = classifier(), clusters()
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(data.x_train, data.y_train, epochs=30, verbose=0)
    results = [prune(model, data, sparsity=0.8, epochs=20, seed=seed) for seed in (3, 3, 4)]
    for i, result in enumerate(results):
        save(result.model, tmp_path / f"{i}.keras")
    files = [(tmp_path / f"{i}.keras").read_bytes() for i in range(3)]
    assert files[0] == files[1] != files[2]
    assert evaluate(results[0].model, data, infer(model, data)) > 0.9
    history = results[0].history
    assert [record["epoch"] for record in history] == list(range(1, 21))
    assert history[-1]["sparsity"] == results[0].sparsity


def test_a_pruned_model_can_be_pruned_further():
    model, data = classifier(), clusters()
    once = prune(model, data, sparsity=0.5, epochs=2)
    twice = prune(once.model, data, sparsity=0.7, epochs=2)
    assert min(record["sparsity"] for record in twice.history) >= once.sparsity
    assert all((twice.masks[name] <= mask).all() for name, mask in once.masks.items())


def test_the_sparsity_moves_to_the_least_that_fits():
    def at_most_70_weights(matrices):
        return sum(np.count_nonzero(matrix) for matrix in matrices.values()) <= 70

    result = prune(classifier(), clusters(), sparsity=0.4, epochs=8, fits=at_most_70_weights)
    kept = {name: int(mask.sum()) for name, mask in result.masks.items()}
    assert at_most_70_weights(int8_matrices(result.model, result.masks))
    assert 60 <= sum(kept.values()) <= 75 and set(kept) == {"one", "two"}


def test_a_teacher_pulls_the_pruned_model_to_its_outputs():
    data, teacher = clusters(), classifier()
    pull = [prune(classifier(), data, sparsity=0.2, epochs=12, teacher=t).model for t in (teacher, None)]
    assert np.array_equal(pull[0](data.x_test), pull[1](data.x_test))  # the same weights teach the same
    sure = classifier()
    sure.set_weights([4 * weight for weight in sure.get_weights()])
    other = prune(classifier(), data, sparsity=0.2, epochs=12, teacher=sure).model
    assert not np.array_equal(other(data.x_test), pull[0](data.x_test))


def test_an_autoencoder_and_a_yes_or_no_are_trained_too():
    x = clusters().x_train
    same = chain(keras.Input((6,)), L.Dense(12, "relu"), L.Dense(6))
    yes = chain(keras.Input((6,)), L.Dense(12, "relu"), L.BatchNormalization(), L.Dense(1, "sigmoid"))
    for model, y in ((same, None), (yes, (x[:, 0] > 1).astype(int))):
        result = prune(model, data_of(x, y), sparsity=0.3, epochs=10)
        assert result.history[-1]["loss"] < result.history[0]["loss"]


def test_without_data_only_the_one_shot_method_prunes():
    assert prune(classifier(), None, method="oneshot-magnitude", sparsity=0.5).history == []
    with pytest.raises(UsageError, match="--method oneshot-magnitude needs none"):
        prune(classifier(), None, sparsity=0.5)


@pytest.mark.parametrize("arguments", [{"sparsity": 1.0}, {"sparsity": -0.1}, {"sparsity": 0.5, "epochs": 0}])
def test_absurd_demands_are_refused(arguments):
    with pytest.raises(UsageError, match="cannot be"):
        prune(classifier(), clusters(), **arguments)


class Listener:
    """A progress that calls `at` once, at a step."""

    def __init__(self, step, at):
        self.left, self.at, self.stopped = step, at, False

    def start(self, phase, epochs, steps): ...
    def epoch(self, record): ...
    def step(self, epoch, step, loss, sparsity):
        self.left -= 1
        if self.left == 0:
            self.at()

    def stop(self):
        self.stopped = True


def press_ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("step", [1, 9, 25])
def test_ctrl_c_keeps_the_best_so_far_pruned_as_was_asked(step):
    listener = Listener(step, press_ctrl_c)
    result = prune(classifier(), clusters(), sparsity=0.7, epochs=8, progress=listener)
    assert listener.stopped and len(result.history) < 8
    assert result.sparsity == pytest.approx(0.7, abs=0.02)
    assert all(not kernel.numpy()[~result.masks[name]].any() for name, kernel in prunable(result.model))


def test_ctrl_c_twice_ends_the_program():
    def twice():
        press_ctrl_c()
        press_ctrl_c()

    listener = Listener(5, twice)
    with pytest.raises(KeyboardInterrupt):
        prune(classifier(), clusters(), sparsity=0.5, epochs=2, progress=listener)
    assert listener.stopped


def test_ctrl_c_ends_a_method_at_once_that_has_nothing_to_keep_yet():
    said = []

    def say(text):
        said.append(text)
        press_ctrl_c()

    with pytest.raises(KeyboardInterrupt):
        prune(classifier(), clusters(), method="oneshot", sparsity=0.5, say=say)
    assert len(said) == 1


def test_the_progress_of_a_structured_method_tells_which_share_of_the_parameters_is_gone():
    told = []
    listener = Listener(0, None)
    listener.step = lambda epoch, step, loss, sparsity: told.append(sparsity)
    model = classifier()
    result = prune(model, clusters(), method="global-filters", sparsity=0.5, epochs=1, progress=listener)
    gone = 1 - result.model.count_params() / model.count_params()
    assert set(told) == {record["sparsity"] for record in result.history} == {gone} and gone >= 0.5


class Killed(Exception): ...


def kill():
    raise Killed


@pytest.mark.parametrize("options", [Options(), Options(shadow=True, allocation="lamp", pattern="1x4")])
def test_a_killed_training_that_is_resumed_ends_with_the_same_bytes(tmp_path, options):
    model, data = classifier(dropout=0.2), clusters()

    def run(step, resume=False, folder=tmp_path / "checkpoints"):
        checkpoints = Checkpoints(folder, resume)
        listener = Listener(step, kill)
        return prune(model, data, sparsity=0.7, epochs=8, options=options, checkpoints=checkpoints, progress=listener)

    whole = run(-1, folder=tmp_path / "whole")
    for step in (6, 14):
        with pytest.raises(Killed):
            run(step, resume=step > 6)
    again = run(-1, resume=True)
    assert again.history == whole.history
    assert all(np.array_equal(a, b) for a, b in zip(again.model.get_weights(), whole.model.get_weights(), strict=True))


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    prune(classifier(), clusters(), sparsity=0.5, epochs=1, checkpoints=Checkpoints(tmp_path / "c"))
    with pytest.raises(UsageError, match="belongs to another training"):
        prune(classifier(), clusters(), sparsity=0.6, epochs=1, checkpoints=Checkpoints(tmp_path / "c", resume=True))
    (tmp_path / "c/phase-1.npz").write_bytes(b"PK")
    with pytest.raises(UsageError, match="cannot be read"):
        prune(classifier(), clusters(), sparsity=0.5, epochs=1, checkpoints=Checkpoints(tmp_path / "c", resume=True))


@pytest.mark.parametrize(
    "options",
    [
        Options(criterion="magnitude", allocation="uniform"),
        Options(criterion="taylor", allocation="erk", schedule="geometric"),
        Options(pattern="1x4", allocation="lamp"),
        Options(shadow=True, distill=False),
    ],
)
def test_what_a_training_is_made_of_combines_freely(options):
    result = prune(classifier(), clusters(), sparsity=0.5, epochs=3, options=options)
    assert result.sparsity == pytest.approx(0.5, abs=0.12)  # of six inputs, the second block has only two
    assert all(not kernel.numpy()[~result.masks[name]].any() for name, kernel in prunable(result.model))


def remembering():
    """An LSTM of one input, of seven units, and a Dense layer."""
    keras.utils.set_random_seed(0)
    layers = L.LSTM(8, return_sequences=True, name="first"), L.LSTM(7, name="second"), L.Dense(8, name="head")
    return chain(keras.Input((5, 1)), *layers)


def in_blocks(mask):
    return all((mask[start : start + 4] == mask[start]).all() for start in range(0, len(mask), 4))


BLOCKS = {"first/recurrent_kernel", "second/kernel", "second/recurrent_kernel"}  # of remembering, the first has 1 input


@pytest.mark.parametrize("method", ["gradual", "lottery", "oneshot", "oneshot-magnitude"])
def test_lstm_layers_are_pruned_in_blocks_and_others_by_single_weights(method):
    random = np.random.default_rng(0)
    data = Data(random.normal(size=(40, 5, 1)), random.normal(size=(40, 8)), np.zeros((1, 5, 1)), np.zeros((1, 8)))
    options = Options(allocation="uniform")
    masks = prune(remembering(), data, sparsity=0.5, method=method, epochs=3, options=options).masks
    assert {name for name, mask in masks.items() if in_blocks(mask)} >= BLOCKS
    assert not in_blocks(masks["head"])
    assert sparsity(masks) == pytest.approx(0.5, abs=0.02)


def test_single_weights_are_pruned_in_lstm_layers_where_they_are_asked_for():
    options = Options(pattern="unstructured")
    masks = prune(remembering(), None, sparsity=0.5, method="oneshot-magnitude", options=options).masks
    assert not any(in_blocks(masks[name]) for name in BLOCKS)


def test_n_of_m_says_how_sparse_by_itself():
    result = prune(classifier(), clusters(), epochs=3, options=Options(pattern="1:4"))
    assert (result.masks["two"].reshape(6, 4, 3).sum(axis=1) == 1).all()
    with pytest.raises(UsageError, match="contradict each other"):
        prune(classifier(), clusters(), sparsity=0.5, epochs=3, options=Options(pattern="1:4"))


def test_an_option_that_a_method_does_not_know_is_refused():
    with pytest.raises(UsageError, match="method oneshot-magnitude has no option criterion; it has allocation"):
        prune(classifier(), None, sparsity=0.5, method="oneshot-magnitude", options=Options(criterion="obd"))


def test_data_may_be_a_file_or_what_keras_datasets_return(tmp_path):
    data = clusters()
    pair = (data.x_train, data.y_train), (data.x_test, data.y_test)
    np.savez(tmp_path / "d.npz", x_train=data.x_train, y_train=data.y_train, x_test=data.x_test, y_test=data.y_test)
    results = [prune(classifier(), d, sparsity=0.5, epochs=1) for d in (data, pair, str(tmp_path / "d.npz"))]
    assert results[0].history == results[1].history == results[2].history


def test_a_layer_that_cannot_be_pruned_is_said(capsys):
    model = chain(keras.Input((4, 4, 2)), L.Conv2DTranspose(2, 2, name="up"), L.Flatten(), L.Dense(3, name="head"))
    said = []
    prune(model, None, sparsity=0.5, method="oneshot-magnitude", say=said.append)
    assert said == ["up stays dense: Conv2DTranspose layers are not pruned"]
    with pytest.raises(UnsupportedModel, match="has no layer whose weights could be pruned"):
        prune(chain(keras.Input((4,)), L.ReLU(), name="empty"), None, sparsity=0.5, method="oneshot-magnitude")


def test_the_progress_speaks_a_line_an_epoch_where_there_is_no_terminal(capsys):
    from mcuprune.prune.progress import Progress

    prune(classifier(), clusters(), sparsity=0.5, epochs=2, progress=Progress())
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 2 and "epoch 2/2" in err and "sparsity 50.0%" in err


@pytest.mark.parametrize("criterion", ["magnitude", "obd"])
def test_the_callback_prunes_in_your_own_fit(criterion):
    model, data = classifier(), clusters()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    pruning = Pruning(Cubic(0.6, begin=5, end=30), criterion)
    history = model.fit(data.x_train, data.y_train, epochs=10, batch_size=30, verbose=0, callbacks=[pruning])
    assert sparsity(pruning.masks) == pytest.approx(0.6, abs=0.01)
    assert history.history["sparsity"][-1] == sparsity(pruning.masks)
    for name, kernel in prunable(model):
        assert not kernel.numpy()[~pruning.masks[name]].any()


def test_the_callback_names_what_it_needs():
    with pytest.raises(UsageError, match="no criterion 'luck'"):
        Pruning(Cubic(0.5, 0, 1), "luck")
    model, data = classifier(), clusters()
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(UsageError, match="needs Adam, not SGD"):
        model.fit(data.x_train, data.y_train, verbose=0, callbacks=[Pruning(Cubic(0.5, 0, 1), "obd")])


def test_epochs_depend_on_the_work_alone():
    model = classifier()
    assert macs(model) == 6 * 24 + 24 * 3
    assert default_epochs(model, 1000, 32) == 30 and default_epochs(model, 10**8, 128) == 8


@pytest.mark.parametrize(("samples", "width", "batch"), [(500, 8, 32), (12_000, 8, 64), (12_000, 1001, 128)])
def test_small_networks_take_more_and_smaller_steps(samples, width, batch):
    model = chain(keras.Input((1000,)), L.Dense(width, "relu"), L.Dense(2, "softmax"))
    x, y = np.zeros((samples, 1000), np.float32), np.arange(samples) % 2
    data = Data(x, y, x[:4], y[:4])
    assert chosen(model, Task(0.5, model, data, infer(model, data))).batch == batch


def test_photographs_are_augmented_and_digits_are_not():
    random = np.random.default_rng(0)
    photographs = data_of(random.random((20, 32, 32, 3)), np.arange(20) % 2)
    model = chain(keras.Input((32, 32, 3)), L.GlobalAveragePooling2D(), L.Dense(2, "softmax"))
    augment = Augment.safe_for(model, photographs, infer(model, photographs))
    assert augment == Augment(shift=4, mirror=True)  # this model cannot tell an image from its mirror image
    x = augment(photographs.x_train, random)
    assert x.shape == (20, 32, 32, 3) and not np.array_equal(x, photographs.x_train)
    assert np.isin(x[0], photographs.x_train[0]).all()
    digits = data_of(random.random((20, 32, 32, 1)), np.arange(20) % 2)
    gray = chain(keras.Input((32, 32, 1)), L.GlobalAveragePooling2D(), L.Dense(2, "softmax"))
    assert Augment.safe_for(gray, digits, infer(gray, digits)) == Augment()
