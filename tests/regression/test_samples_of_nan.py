"""`mcuprune run` with samples of NaN or of text ended in a traceback."""

import numpy as np
import pytest
from writer import quantized

from mcuprune import stages
from mcuprune.errors import UsageError


@pytest.mark.parametrize("values", [np.array([np.nan, 1.0]), np.array(["1", "2"])])
def test_samples_that_are_no_numbers_are_refused(tmp_path, values):
    np.save(tmp_path / "x.npy", values)
    with pytest.raises(UsageError, match=r"x\.npy holds values that are not numbers"):
        stages._arrays(tmp_path / "x.npy", [quantized("x", (1, 2), 0.05, 3)])
