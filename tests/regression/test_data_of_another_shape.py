"""`mcuprune.prune(model, (x, y), ...)` ended in 'too many values to unpack', and a Path was no name of a file."""

from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from mcuprune import prune as pruning
from mcuprune.errors import UsageError


@pytest.mark.parametrize("data", [(np.zeros((5, 2)), np.zeros(5)), {"x_train": np.zeros((5, 2))}, 3])
def test_what_data_is_and_what_was_given_are_told(data):
    with pytest.raises(UsageError, match=rf"\(\(x_train, y_train\), .*, not a {type(data).__name__} of another shape"):
        pruning._data(data, mock.Mock(input_shape=(None, 2)))


def test_a_path_names_a_file_as_a_string_does(tmp_path):
    keras = pytest.importorskip("mcuprune.prune.backend", exc_type=ImportError).keras
    x, model = np.ones((5, 2), np.float32), keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    np.savez(tmp_path / "a.npz", x_train=x, x_test=x)
    assert pruning._data(Path(tmp_path, "a.npz"), model).x_train.shape == (5, 2)
