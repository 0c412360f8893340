"""Indices that an Embedding has no row for ended in TensorFlow's traceback, after minutes of work or none."""

from pathlib import Path

import numpy as np
import pytest
from writer import quantized, write

from mcuprune import samples
from mcuprune.compiled import read
from mcuprune.data import Data
from mcuprune.errors import UsageError
from mcuprune.graph import Graph, Op

GOOD = np.arange(24, dtype=np.float32).reshape(4, 6) % 20


def with_one(value: float) -> np.ndarray:
    x = GOOD.copy()
    x[2, 3] = value
    return x


def lookup(path: Path) -> Graph:
    table = quantized("table", (20, 3), 0.1, 0, data=np.ones((20, 3), np.int8))
    tensors = table, quantized("words", (1, 6), [], [], dtype="int32"), quantized("y", (1, 6, 3), 0.1, 0)
    write(
        Graph("words", tensors, (Op("gather", "gather", (0, 1), (2,), {"axis": 0, "batch_dims": 0}),), (1,), (2,)), path
    )
    return read(path, "words")


@pytest.mark.parametrize("value", [20, -1, 2.5])
def test_they_are_refused_in_a_sentence_before_training(value):
    keras = pytest.importorskip("mcuprune.prune.backend", exc_type=ImportError).keras
    from mcuprune.prune.indices import fitted

    inner = keras.Sequential([keras.Input((6,)), keras.layers.Embedding(20, 4, name="words"), keras.layers.Flatten()])
    source = keras.Input((6,))
    for model in (inner, keras.Model(source, keras.layers.Dense(24)(inner(source)))):
        labels = np.zeros(4, np.int64)
        fitted(model, Data(GOOD, labels, GOOD, labels))
        with pytest.raises(
            UsageError, match=rf"x_train holds {value:g} in sample 2, and words knows the indices 0 to 19"
        ):
            fitted(model, Data(with_one(value), labels, GOOD, labels))
        with pytest.raises(UsageError, match="x_test holds"):
            fitted(model, Data(GOOD, labels, with_one(value), labels))


def test_an_int8_file_refuses_them_too(tmp_path):
    graph = lookup(tmp_path / "words.tflite")
    targets = np.zeros((4, 6, 3), np.float32)
    samples.fit(Data(GOOD, targets, GOOD, targets), graph)
    with pytest.raises(UsageError, match="x_test holds 20 in sample 2, and the model knows the indices 0 to 19 only"):
        samples.fit(Data(GOOD, targets, with_one(20), targets), graph)
