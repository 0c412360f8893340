"""From a Keras model to verified firmware: budgets, repeatability, and what is left behind when something fails."""

import json
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

keras = pytest.importorskip("keras", exc_type=ImportError)
pytest.importorskip("tensorflow")

import click  # noqa: E402
from click.testing import CliRunner  # noqa: E402

from mcuprune import cli, report  # noqa: E402
from mcuprune.errors import AccuracyError, OverBudget  # noqa: E402

pytestmark = [pytest.mark.emulator, pytest.mark.keras, pytest.mark.slow]


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with a trained model of 34,000 weights and its data: which of four quarters of an image is bright."""
    folder = tmp_path_factory.mktemp("build")
    random = np.random.default_rng(0)
    labels = random.integers(0, 4, 1200)
    images = random.normal(0, 0.4, (1200, 8, 8, 1)).astype(np.float32)
    for image, label in zip(images, labels, strict=True):
        image[4 * (label // 2) :][:4, 4 * (label % 2) :][:, :4] += 1
    np.savez(
        folder / "data.npz", x_train=images[:1000], y_train=labels[:1000], x_test=images[1000:], y_test=labels[1000:]
    )
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.Conv2D(16, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(4, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(images[:1000], labels[:1000], epochs=3, verbose=0)
    model.save(folder / "quarters.keras")
    return folder


def build(place: Path, output: Path, *options: str) -> report.Report:
    """Run `mcuprune build`; its error is raised."""
    words = [str(place / "quarters.keras"), "--board", "mps2_an386", "--epochs", "4", "-o", str(output), *options]
    done = CliRunner().invoke(cli.cli, ["-q", "build", *words], standalone_mode=False)
    if done.exception:
        raise done.exception
    return report.load(output / "report.json")


@pytest.fixture(scope="module")
def pruned(place) -> Path:
    output = place / "pruned"
    build(place, output, "--data", str(place / "data.npz"), "--budget", "20KB")
    return output


def test_a_model_that_is_too_large_is_pruned_to_the_budget(pruned):
    made = report.load(pruned / "report.json")
    assert 0.9 * 20 * 1024 < made.flash.total_bytes <= 20 * 1024
    assert made.method == "gradual"
    assert made.sparsity > 0.5
    assert made.verify.bit_exact
    assert made.accuracy.float > 0.95
    assert made.accuracy.int8 == made.accuracy.device > 0.95


def test_everything_that_was_promised_is_there(pruned):
    expected = {"model.keras", "model.tflite", "firmware.elf", "firmware.bin", "firmware.hex", "firmware.map"}
    assert expected | {"production.elf", "report.json", "report.html", "src"} <= {
        path.name for path in pruned.iterdir()
    }


def test_two_builds_with_one_seed_are_the_same_in_every_byte(place, pruned):
    build(place, place / "again", "--data", str(place / "data.npz"), "--budget", "20KB")
    first, second = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (pruned, place / "again")
    )
    assert first.keys() == second.keys()
    assert [str(name) for name in first if first[name] != second[name]] == []


def test_a_model_that_fits_is_not_pruned(place):
    made = build(place, place / "dense", "--data", str(place / "data.npz"), "--budget", "64KB")
    assert (made.method, made.accuracy.pruned) == (None, None)
    assert made.sparsity < 0.1


def test_sparsity_is_what_was_asked_for(place):
    made = build(place, place / "asked", "--data", str(place / "data.npz"), "--sparsity", "0.75")
    assert made.sparsity == pytest.approx(0.75, abs=0.02)


def test_without_data_pruning_is_done_once_and_nothing_is_claimed(place):
    made = build(place, place / "blind", "--budget", "20KB")
    assert made.method == "oneshot-magnitude"
    assert made.accuracy == report.Accuracy()
    assert made.flash.total_bytes <= 20 * 1024
    assert made.verify.bit_exact


def test_an_impossible_budget_names_the_least_and_leaves_nothing(place):
    with pytest.raises(OverBudget, match=r"The smallest budget that would do is \d+KB"):
        build(place, place / "impossible", "--data", str(place / "data.npz"), "--budget", "2KB")
    assert not (place / "impossible").exists()
    assert [path.name for path in place.iterdir() if path.name.startswith(".")] == []


def test_too_much_accuracy_lost_is_an_error_with_the_numbers(place):
    with pytest.raises(AccuracyError, match="--max-drop allows 0"):
        build(place, place / "drop", "--data", str(place / "data.npz"), "--sparsity", "0.999", "--max-drop", "0")


def test_an_interrupted_training_leaves_nothing(place):
    with mock.patch("mcuprune.prune.train._Trainer.epoch", side_effect=KeyboardInterrupt), pytest.raises(click.Abort):
        build(place, place / "interrupted", "--data", str(place / "data.npz"), "--sparsity", "0.5")
    assert not (place / "interrupted").exists()
    assert [path.name for path in place.iterdir() if path.name.startswith(".")] == []


def test_the_report_is_valid_json_with_the_fixed_keys(pruned):
    written = json.loads((pruned / "report.json").read_text())
    keys = "mcuprune schema model board budget method sparsity accuracy flash ram rewrites layers chains"
    assert list(written) == [*keys.split(), "instructions", "estimated_cycles", "verify"]
