"""Behind a dead layer scales are 8e-9: TFLite's HARD_SWISH then divides by more than its int16 holds, and answers 1."""

import numpy as np
import pytest
from judge import judge
from writer import quantized, single

EVERY = np.arange(-128, 128).astype(np.int8).reshape(1, 256)


@pytest.mark.parametrize("scales", [(7.84e-9, 1.86e-3), (1e-3, 300.0), (1e-6, 1e-6), (2e-9, 1e-7)])
def test_hard_swish_agrees_on_scales_that_are_far_too_small(scales):
    x, y = quantized("x", (1, 256), scales[0], 5), quantized("y", (1, 256), scales[1], -128)
    judge([(single("hard_swish", [x], y), EVERY)])
