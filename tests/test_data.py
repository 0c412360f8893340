"""Data sets: what is read, what is refused and with which words, and what a score means."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mcuprune.data import Data, better, fit, load, measure, parse_factor
from mcuprune.errors import UsageError


def written(path, **changes):
    """An .npz of 6 + 4 samples; a change to None leaves an array out."""
    sets = {
        "x_train": np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4),
        "y_train": np.array([0, 1, 2, 0, 1, 2]),
        "x_test": np.zeros((4, 4, 4), np.uint8),
        "y_test": np.array([0, 1, 2, 0]),
    }
    sets.update(changes)
    np.savez(path, **{name: value for name, value in sets.items() if value is not None})
    return str(path)


def test_an_npz_is_read_as_float32_and_rescaled(tmp_path):
    data = load(written(tmp_path / "a.npz"), rescale="1/255")
    assert data.x_train.dtype == np.float32 and data.x_train.shape == (6, 4, 4)
    assert data.x_train[0, 0, 3] == np.float32(3) * np.float32(1 / 255)
    assert data.y_train.tolist() == [0, 1, 2, 0, 1, 2]


def test_without_labels_it_is_an_autoencoder(tmp_path):
    data = load(written(tmp_path / "a.npz", y_train=None, y_test=None))
    assert data.y_train is None and data.y_test is None


def test_labels_come_as_numbers_as_a_column_or_one_hot(tmp_path):
    numbers = load(written(tmp_path / "a.npz"))
    column = load(written(tmp_path / "b.npz", y_train=numbers.y_train[:, None], y_test=numbers.y_test[:, None]))
    one_hot = load(written(tmp_path / "c.npz", y_train=np.eye(3)[numbers.y_train], y_test=np.eye(3)[numbers.y_test]))
    for data in (column, one_hot):
        assert data.y_train.tolist() == numbers.y_train.tolist() and data.y_test.tolist() == numbers.y_test.tolist()


def test_a_function_is_called(tmp_path, monkeypatch):
    (tmp_path / "my_sets.py").write_text(
        "import numpy as np\n"
        "def small():\n    return (np.ones((3, 2)), [0, 1, 0]), (np.ones((1, 2)), [1])\n"
        "def wrong():\n    return 1\n"
    )
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    assert load("my_sets:small").x_train.shape == (3, 2)
    assert sys.path == before
    with pytest.raises(UsageError, match=r"my_sets:wrong\(\) does not return"):
        load("my_sets:wrong")
    with pytest.raises(UsageError, match="no_such"):
        load("no_such_module:f")
    with pytest.raises(UsageError, match="has no attribute 'no'"):
        load("my_sets:no")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"x_train": None}, "has no x_train"),
        ({"x_train": None, "x_test": None}, "has no x_train and no x_test"),
        ({"y_test": None}, "has no y_test"),
        ({"y_train": np.zeros(5, int)}, "x_train has 6 samples, y_train has 5"),
        ({"x_test": np.zeros((4, 5, 4))}, r"x_train have shape \(4, 4\), those of x_test \(5, 4\)"),
        ({"x_train": np.full((6, 4, 4), np.nan)}, "x_train holds NaN or infinity in sample 0"),
        ({"y_test": np.array(["a", "b", "c", "d"])}, "y_test holds <U1, not numbers"),
        ({"x_train": np.array(3.0)}, "x_train is a single number"),
        ({"x_test": np.zeros((0, 4, 4)), "y_test": np.zeros(0)}, "x_test is empty"),
        ({"y_train": np.array([{}] * 6)}, "a.npz cannot be read"),
    ],
)
def test_bad_arrays_are_named(tmp_path, changes, words):
    with pytest.raises(UsageError, match=words):
        load(written(tmp_path / "a.npz", **changes))


def test_files_that_are_no_archives_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        load(str(tmp_path / "none.npz"))
    garbage, whole, single = tmp_path / "garbage.npz", tmp_path / "whole.npz", tmp_path / "single.npy"
    np.save(single, np.zeros(3))
    written(whole)
    content = whole.read_bytes()
    for broken in (b"not a zip at all", content[:10], content[:200], content[:-30], single.read_bytes()):
        garbage.write_bytes(broken)
        with pytest.raises(UsageError, match=r"is not an \.npz file, or only a part of one"):
            load(str(garbage))
    garbage.write_bytes(content[:100] + b"?" * 60 + content[160:])
    with pytest.raises(UsageError, match="cannot be read"):
        load(str(garbage))


def test_factors():
    assert parse_factor("1/255") == 1 / 255 and parse_factor(" 0.5 ") == 0.5 and parse_factor("2") == 2
    for text in ("", "x", "1/0", "0", "inf", "1/2/3"):
        with pytest.raises(UsageError, match="not a factor"):
            parse_factor(text)


def test_a_missing_channel_axis_is_added(tmp_path):
    data = load(written(tmp_path / "a.npz"))
    assert fit(data, (4, 4, 1)).x_train.shape == (6, 4, 4, 1)
    assert fit(data, (4, 4)) is data
    assert fit(data, (None, 4)) is data
    with pytest.raises(UsageError, match=r"samples of shape \(5, 5, 1\), x_train holds samples of shape \(4, 4\)"):
        fit(data, (5, 5, 1))


def test_scores():
    outputs = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]], np.float32)
    assert measure("accuracy", outputs, np.array([0, 1, 1, 1])) == 0.75
    assert measure("accuracy", outputs[:, :1], np.array([1, 0, 0, 0])) == 0.75
    assert measure("accuracy", outputs[:, :1] - 0.5, np.array([1, 0, 1, 0]), threshold=0.0) == 1.0
    assert measure("mse", np.array([[1.0], [3.0]]), np.array([0.0, 0.0])) == 5.0
    assert measure("mae", np.array([[1.0], [-3.0]]), np.array([0.0, 0.0])) == 2.0
    assert better("accuracy", 0.9, 0.8) and better("mse", 0.1, 0.2)


@given(arrays(np.float32, (5, 3), elements=st.floats(-10, 10, width=32)))
def test_a_perfect_regression_scores_zero(values):
    assert measure("mse", values, values) == measure("mae", values, values) == 0


def test_data_is_frozen():
    data = Data(np.zeros(1), None, np.zeros(1), None)
    with pytest.raises(AttributeError):
        data.x_train = np.ones(1)
