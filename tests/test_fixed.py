import ctypes
import subprocess
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcuprune import fixed

INT32 = st.integers(-(2**31), 2**31 - 1)
MULTIPLIER = st.integers(2**30, 2**31 - 1) | st.just(0)


def half_up(x: Fraction) -> int:
    return floor(x + Fraction(1, 2))


def half_away(x: Fraction) -> int:
    return floor(x + Fraction(1, 2)) if x >= 0 else ceil(x - Fraction(1, 2))


@given(INT32, INT32)
def test_high_mul_rounds_halves_up_and_saturates(a, b):
    expected = min(half_up(Fraction(a * b, 2**31)), 2**31 - 1)
    assert fixed.saturating_rounding_doubling_high_mul(np.array(a), b) == expected


@given(INT32, st.integers(0, 31))
def test_division_rounds_halves_away_from_zero(x, exponent):
    assert fixed.rounding_divide_by_pot(np.array([x]), exponent) == [half_away(Fraction(x, 2**exponent))]


@given(st.lists(INT32, min_size=1, max_size=5), MULTIPLIER, st.integers(-31, 0))
def test_a_product_is_rounded_twice(xs, multiplier, shift):
    expected = [half_away(Fraction(half_up(Fraction(x * multiplier, 2**31)), 2**-shift)) for x in xs]
    assert fixed.multiply_by_quantized_multiplier(np.array(xs), multiplier, shift).tolist() == expected


@given(st.integers(-(2**27), 2**27 - 1), MULTIPLIER, st.integers(0, 4))
def test_a_left_shift_comes_first(x, multiplier, shift):
    expected = half_up(Fraction((x << shift) * multiplier, 2**31))
    assert fixed.multiply_by_quantized_multiplier(np.array(x), multiplier, shift) == expected


def test_multipliers_and_shifts_broadcast_over_channels():
    acc = np.array([[1000, 1000, 1000], [-7, -7, -7]])
    multiplier, shift = fixed.quantize_multipliers(np.array([0.5, 0.001, 2.0]))
    assert fixed.multiply_by_quantized_multiplier(acc, multiplier, shift).tolist() == [[500, 1, 2000], [-3, 0, -14]]


@given(st.floats(1e-9, 1e8))
def test_a_real_multiplier_is_kept_to_31_bits(real):
    multiplier, shift = fixed.quantize_multiplier(real)
    assert 2**30 <= multiplier < 2**31
    assert abs(Fraction(multiplier, 2**31) * Fraction(2) ** shift / Fraction(real) - 1) <= Fraction(1, 2**31)


@pytest.mark.parametrize(
    ("real", "expected"),
    [
        (0.0, (0, 0)),
        (1.0, (2**30, 1)),
        (1 - 2**-40, (2**30, 1)),  # rounds to 2^31, which is one half of the next power
        (2.0**-33, (0, 0)),
        (2.0**40, (2**31 - 1, 30)),
    ],
)
def test_extreme_multipliers(real, expected):
    assert fixed.quantize_multiplier(real) == expected


@pytest.mark.parametrize(
    ("activation", "scale", "zero_point", "expected"),
    [
        ("NONE", 0.1, 5, (-128, 127)),
        ("RELU", 0.1, 5, (5, 127)),
        ("RELU6", 0.1, 5, (5, 65)),
        ("RELU6", 0.01, -128, (-128, 127)),
        ("RELU_N1_TO_1", 0.1, 5, (-5, 15)),
    ],
)
def test_activations_are_intervals(activation, scale, zero_point, expected):
    assert fixed.activation_range(activation, scale, zero_point) == expected


@pytest.fixture(scope="module")
def c_library(tmp_path_factory):
    """firmware/include/mcup_math.h as a shared library."""
    folder = tmp_path_factory.mktemp("math")
    source = '#include "mcup_math.h"\nint32_t scale(int32_t x, int32_t m, int s) { return mcup_scale(x, m, s); }\n'
    source += "int8_t clamp(int32_t x, int32_t z, int32_t a, int32_t b) { return mcup_clamp(x, z, a, b); }\n"
    (folder / "math.c").write_text(source)
    include = Path(__file__).parents[1] / "firmware" / "include"
    sanitize = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    command = ["gcc", "-std=c11", "-O1", *sanitize, "-shared", "-fPIC", f"-I{include}"]
    subprocess.run([*command, folder / "math.c", "-o", folder / "math.so"], check=True)
    return ctypes.CDLL(str(folder / "math.so"))


def test_c_scales_as_numpy_does(c_library):
    random = np.random.default_rng(0)
    for shift in range(-31, 5):
        far, near = random.integers(-(2**31), 2**31, 200), random.integers(-300, 300, 200)
        x = np.concatenate([far, near, [2**31 - 1, -(2**31)]])
        multipliers = random.choice([2**30, 2**31 - 1, 0, *random.integers(2**30, 2**31, 5)], len(x))
        expected = fixed.multiply_by_quantized_multiplier(x, multipliers, shift)
        got = [c_library.scale(int(a), int(m), -shift) for a, m in zip(x, multipliers, strict=True)]
        assert got == expected.tolist(), shift


@given(x=INT32, zero_point=st.integers(-128, 127), ends=st.tuples(st.integers(-128, 127), st.integers(-128, 127)))
def test_c_clamps_without_overflow(c_library, x, zero_point, ends):
    least, most = sorted(ends)
    c_library.clamp.restype = ctypes.c_int8
    assert c_library.clamp(x, zero_point, least, most) == min(max(x + zero_point, least), most)
