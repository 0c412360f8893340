"""Models from files: what is saved is loaded, and what is no model is refused."""

import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from test_prune import L, chain, classifier

from mcuprune.errors import UnsupportedModel, UsageError
from mcuprune.prune import prune
from mcuprune.prune.backend import keras, tf
from mcuprune.prune.loading import load, save
from mcuprune.prune.masks import apply

SHARED = Path(os.environ.get("MCUPRUNE_SHARED") or Path(__file__).parents[2] / "shared")


def test_what_is_saved_is_loaded_and_its_bytes_depend_on_the_model_alone(tmp_path):
    for name in "ab":
        save(classifier(), tmp_path / f"{name}.keras")
    loaded = load(tmp_path / "a.keras")
    save(loaded, tmp_path / "c.keras")
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["a.keras", "b.keras", "c.keras"]
    a, b, c = (path.read_bytes() for path in sorted(tmp_path.iterdir()))
    assert a == b == c
    assert all(np.array_equal(x, y) for x, y in zip(loaded.get_weights(), classifier().get_weights(), strict=True))


def test_an_h5_of_keras_2_with_groups_is_loaded(tmp_path):
    import h5py

    model = chain(keras.Input((8, 8, 3)), L.DepthwiseConv2D(3, name="depth"), L.Flatten(), L.Dense(2))
    path = tmp_path / "old.h5"
    model.save(path)
    with h5py.File(path, "a") as file:
        config = file.attrs["model_config"].replace('"depth_multiplier"', '"groups": 1, "depth_multiplier"')
        assert '"groups"' in config
        file.attrs["model_config"] = config
    x = np.ones((1, 8, 8, 3), np.float32)
    assert np.array_equal(load(path)(x), model(x))


def test_a_loss_that_only_its_author_has_is_no_obstacle(tmp_path):
    def mine(truth, guess):
        return tf.reduce_mean(tf.abs(truth - guess))

    model = classifier()
    model.compile(loss=mine)
    model.save(tmp_path / "a.keras")
    assert not load(tmp_path / "a.keras").compiled


def test_files_that_are_no_models_are_refused(tmp_path):
    whole = tmp_path / "whole.keras"
    save(classifier(), whole)
    content = whole.read_bytes()
    for name, broken in (("a.keras", b""), ("b.keras", content[:3000]), ("c.h5", content)):
        (tmp_path / name).write_bytes(broken)
        with pytest.raises(UsageError, match=f"{name} is not a Keras model, or only a part of one"):
            load(tmp_path / name)
    (tmp_path / "d.keras").write_bytes(content[:3000] + bytes(100) + content[3100:])
    with pytest.raises(UsageError, match=r"d\.keras is damaged"):
        load(tmp_path / "d.keras")
    with pytest.raises(UsageError, match="no such file"):
        load(tmp_path / "none.keras")
    with pytest.raises(UsageError, match=r"must end in \.keras or \.h5"):
        load(tmp_path / "model.onnx")


def test_models_of_another_make_are_refused():
    class Own(keras.Model):
        def call(self, x):
            return x

    a, b = keras.Input((2,)), keras.Input((2,))
    with pytest.raises(UnsupportedModel, match=r"2 inputs and 1 output; .* `mcuprune compile` takes any number"):
        prune(keras.Model([a, b], L.Add()([a, b])), None, sparsity=0.5, method="oneshot-magnitude")
    with pytest.raises(UnsupportedModel, match="is a subclassed model"):
        prune(Own(name="own"), None, sparsity=0.5, method="oneshot-magnitude")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared models are not here (MCUPRUNE_SHARED)")
@pytest.mark.parametrize("name", ["ad01.h5", "pretrainedResnet.h5", "ds_cnn_digits.keras", "resnet8_cifar10.keras"])
def test_real_models_are_loaded_and_pruned(name):
    model = load(SHARED / "models" / name)
    pruned = prune(model, None, method="oneshot-magnitude", sparsity=0.75)
    assert pruned.sparsity == pytest.approx(0.75, abs=1e-4)
    apply(model, pruned.masks)
    x = np.random.default_rng(0).normal(size=(2, *model.input_shape[1:])).astype(np.float32)
    assert np.array_equal(model(x), pruned.model(x))
