"""A Lambda layer was refused with Keras' own way out, which runs whatever code the file holds."""

import pytest

pytest.importorskip("tensorflow")

from mcuprune.errors import UnsupportedModel
from mcuprune.prune.backend import keras
from mcuprune.prune.loading import load


def test_the_way_out_is_to_use_another_layer(tmp_path):
    source = keras.Input((4,))
    keras.Model(source, keras.layers.Lambda(lambda x: 2 * x)(source)).save(tmp_path / "lambda.keras")
    sentence = (
        r"cannot be rebuilt by Keras [\d.]+: it has a Lambda layer, which is Python code in a file\. Use layers of"
    )
    with pytest.raises(UnsupportedModel, match=sentence) as error:
        load(tmp_path / "lambda.keras")
    assert "safe" not in str(error.value)
