"""The bundled example: learns, and is too large for a small board until it is pruned."""

import pytest

pytest.importorskip("tensorflow")
pytest.importorskip("sklearn")

from mcuprune import example
from mcuprune.prune import evaluate
from mcuprune.prune.objective import infer

pytestmark = [pytest.mark.keras, pytest.mark.slow]


def test_the_digits_are_learnt_by_a_network_of_320_kilobytes():
    model, data = example.digits(seed=0)
    assert 310_000 <= model.count_params() <= 330_000
    assert evaluate(model, data, infer(model, data)) >= 0.98
