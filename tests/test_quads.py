"""Weights in quads: what the kernels multiply is what the matrix says, and nothing is offered that could overflow."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcuprune.encodings import ENCODINGS
from mcuprune.matrix import Matrix
from mcuprune.quads import pairs, quads


def matrix(weights, bias=0, multiplier=1 << 30, shift=-8):
    rows = len(weights)
    full = [np.full(rows, n, np.int64) for n in (bias, multiplier, shift)]
    return Matrix(np.asarray(weights, np.int8), *full, 3, -128, 127)


def random_matrix(seed, rows, inputs):
    random = np.random.default_rng(seed)
    m = matrix(random.integers(-127, 128, (rows, inputs)))
    return replace(m, bias=random.integers(-9000, 9000, rows)), random.integers(-128, 128, inputs)


def halves(word):
    """The two signed halves of words."""
    return np.stack([word & 0xFFFF, word >> 16], axis=-1).astype(np.uint16).view(np.int16).astype(np.int64)


def rows_of(q, together):
    """The words of every row, in the order of the row table."""
    groups = q.stream.values.reshape(-1, q.words, together)
    return groups.transpose(0, 2, 1).reshape(q.rows, q.words)


def as_int32(n):
    return np.asarray(n).astype(np.uint32).view(np.int32).astype(np.int64)


@given(seed=st.integers(0, 99), rows=st.integers(1, 9), inputs=st.integers(1, 40), together=st.sampled_from([2, 4]))
def test_two_products_of_halves_are_four_products(seed, rows, inputs, together):
    """X * H + Y * L on 32-bit accumulators gives 256 times the sums, in every row of the table."""
    m, x = random_matrix(seed, rows, inputs)
    q = quads(m, together, 1)
    x = np.pad(x, (0, 4 * q.words - inputs)).reshape(-1, 4).astype(np.int64)
    word = x.astype(np.int8).view(np.uint32)[:, 0].astype(np.int64) ^ 0x007F007F
    y, above = halves(word), halves(0x00FF00FF & ~word)
    high = halves(rows_of(q, together))
    low = high.astype(np.int8).astype(np.int64)
    start, channel = q.row.values[:, 0], q.row.values[:, 3]
    acc = as_int32((start + (high * above + low * y).sum(axis=(1, 2))) & 0xFFFFFFFF)
    sums = m.bias + m.weights.astype(np.int64) @ x.reshape(-1)[:inputs]
    assert np.array_equal(acc, 256 * sums[channel])


@given(seed=st.integers(0, 99), rows=st.integers(1, 9), lines=st.integers(1, 4), run=st.sampled_from([3, 6, 9]))
def test_pairs_of_256_times_the_weights_are_the_same_sums(seed, rows, lines, run):
    m, x = random_matrix(seed, rows, lines * run)
    q = pairs(m, 2, run)
    x = np.pad(x.reshape(lines, run), ((0, 0), (0, run % 2))).reshape(-1, 2)
    acc = as_int32((q.row.values[:, 0] + (halves(rows_of(q, 2)) * x).sum(axis=(1, 2))) & 0xFFFFFFFF)
    sums = m.bias + m.weights.astype(np.int64) @ x.reshape(lines, -1)[:, :run].reshape(-1)
    assert np.array_equal(acc, 256 * sums[q.row.values[:, 3]])


def test_every_channel_is_computed_and_groups_are_of_neighbours():
    for rows in range(1, 12):
        for together in (2, 4):
            channel = quads(matrix(np.ones((rows, 4))), together, 1).row.values[:, 3].reshape(-1, together)
            assert set(channel.reshape(-1).tolist()) == set(range(rows))
            assert rows < together or np.all(np.diff(channel) == 1)


def test_sums_of_24_bits_are_the_limit():
    weights = np.full((1, 516), 127)  # -128 * 127 * 516 = -8,388,096 = -2^23 + 512
    assert quads(matrix(weights), 2, 1)
    assert quads(matrix(weights, bias=-511), 2, 1)
    assert quads(matrix(weights, bias=-512), 2, 1) is None
    assert quads(matrix(-weights, bias=2**23 - 1 - 128 * 127 * 516), 2, 1)
    assert quads(matrix(-weights, bias=2**23 - 128 * 127 * 516), 2, 1) is None


def test_halves_that_overflow_are_refused():
    assert quads(matrix([[0, -128, 0, 0]]), 2, 1) is None


@pytest.mark.parametrize(("shift", "offered"), [(0, False), (3, False), (-1, True), (-22, True), (-31, True)])
def test_only_shifts_to_the_right_are_offered(shift, offered):
    assert bool(quads(matrix([[1, 2, 3, 4]], shift=shift), 2, 1)) is offered


def test_a_row_that_always_answers_the_zero_point_may_have_any_shift():
    q = quads(matrix([[1, 2, 3, 4]], shift=-25), 2, 1)
    assert q.row.values[:, 1:3].tolist() == [[0, 0], [0, 0]]


def test_a_report_can_count_the_zeros():
    weights = np.array([[1, 0, 0], [0, 5, 0], [0, 0, 0]], np.int8)
    encoded = quads(matrix(weights), 4, 4).encoded(weights)
    assert np.array_equal(ENCODINGS["dense"].decode(encoded), weights)
    assert encoded.weight_bytes == 4 * 16
