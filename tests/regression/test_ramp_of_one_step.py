"""A training of one step left the network dense: a ramp that ends where it begins was never at its end."""

import pytest

from mcuprune.prune.schedules import Cubic, Geometric


@pytest.mark.parametrize("kind", [Cubic, Geometric])
def test_a_ramp_that_ends_where_it_begins_is_at_its_end_there(kind):
    ramp = kind(0.5, begin=1, end=1)
    assert ramp(0) == 0 and ramp(1) == pytest.approx(0.5)
