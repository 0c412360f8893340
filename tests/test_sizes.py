"""Sizes: what people write is read, what is not a size is refused with the option's name, and numbers read well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcuprune.errors import UsageError
from mcuprune.sizes import ADDRESS_SPACE, UNITS, format_count, format_share, format_size, parse_size


@pytest.mark.parametrize("text", ["256KB", "256K", "256KiB", "256kb", "256 KB", " 256k ", "262144", "262144B", 262144])
def test_every_spelling_of_a_size_is_the_same_size(text):
    assert parse_size(text, "--budget") == 262144


def test_units_are_powers_of_two():
    assert parse_size("1MB", "--ram") == 1 << 20
    assert parse_size("1GiB", "--ram") == 1 << 30
    assert parse_size("1.5M", "--ram") == 3 << 19


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a size"),
        ("KB", "not a size"),
        ("12 apples", "not a size"),
        ("1e3", "not a size"),
        ("64 K B", "not a size"),
        ("0x100", "not a size"),
        ("nan", "not a size"),
        ("٤KB", "not a size"),
        ("-5KB", "more than zero"),
        ("0", "more than zero"),
        ("0.0MB", "more than zero"),
        ("256GB", "4 GB"),
        ("9" * 400, "4 GB"),
        ("0.3KB", "whole number"),
    ],
)
def test_what_is_no_size_is_refused_with_the_option_and_the_text(text, reason):
    with pytest.raises(UsageError, match=reason) as error:
        parse_size(text, "--budget")
    assert "--budget" in str(error.value)
    assert text in str(error.value)


@given(st.text())
def test_any_text_is_a_size_or_a_usage_error(text):
    try:
        size = parse_size(text, "--budget")
    except UsageError:
        return
    assert 0 < size <= ADDRESS_SPACE


@given(st.integers(1, 1023), st.sampled_from("KMG"))
def test_whole_sizes_survive_being_shown(count, unit):
    size = count * UNITS[unit]
    assert format_size(size) == f"{count} {unit}B"
    if size <= ADDRESS_SPACE:
        assert parse_size(format_size(size), "--budget") == size


@given(st.integers(0, ADDRESS_SPACE))
def test_a_shown_size_is_off_by_at_most_half_of_its_last_digit(size):
    number, unit = format_size(size).split()
    step = UNITS[unit.removesuffix("B")]
    assert abs(float(number) * step - size) <= 0.0501 * step


def test_an_inexact_size_shows_that_it_is():
    assert format_size(65536) == "64 KB"
    assert format_size(65537) == "64.0 KB"


def test_nothing_is_shown_as_a_dash():
    assert format_share(None) == format_count(None) == "-"
    assert format_share(0.8314) == "83.1 %"
    assert format_count(1813812) == "1,813,812"
