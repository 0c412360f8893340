from math import inf

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mcuprune.encodings import ENCODINGS


@st.composite
def matrices(draw):
    """Weights of any sparsity, with gaps longer than any delta, empty rows and extreme values."""
    rows, inputs = draw(st.integers(1, 6)), draw(st.integers(1, 900))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weights = random.integers(-127, 128, (rows, inputs)).astype(np.int8)
    weights[random.random((rows, inputs)) < draw(st.sampled_from([0, 0.3, 0.7, 0.95, 0.998, 1]))] = 0
    return weights


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(weights=matrices())
def test_decode_inverts_encode(encoding, weights):
    assume(ENCODINGS[encoding].size(weights) < inf)
    encoded = ENCODINGS[encoding].encode(weights)
    assert encoded.encoding == encoding
    assert np.array_equal(ENCODINGS[encoding].decode(encoded), weights)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(weights=matrices())
def test_size_is_what_encode_makes(encoding, weights):
    assume(ENCODINGS[encoding].size(weights) < inf)
    encoded = ENCODINGS[encoding].encode(weights)
    assert ENCODINGS[encoding].size(weights) == encoded.stream.size == encoded.weight_bytes + encoded.index_bytes
    assert encoded.row_bytes.sum() == encoded.stream.size
    assert encoded.row_bytes.shape == (len(weights),)
    if encoded.pair_bytes:
        assert not np.any(encoded.row_bytes % encoded.pair_bytes)


@pytest.mark.parametrize(
    ("encoding", "weights", "stream"),
    [
        ("dense", [[1, 0], [0, -1]], [1, 0, 0, 255]),
        ("d8", [[0, 5, 0, 0, 0, 0, -3]], [2, 5, 5, 253]),
        ("n4", [[0, 5, 0, 0, 0, 0, -3]], [0x52, 5, 253]),
        ("d8", [[9], [0], [8]], [1, 9, 0, 0, 1, 8, 0, 0]),
        ("n4", [[9], [0], [8]], [0x01, 9, 0, 0x01, 8, 0]),
        ("d8", [[0] * 255 + [4]], [255, 0, 1, 4]),
        ("d8", [[0] * 254 + [4]], [255, 4, 0, 0]),
        ("n4", [[0] * 15 + [4]], [0x1F, 0, 4]),
        ("n4", [[0] * 14 + [4]], [0x0F, 4, 0]),
        ("b4", [[0, 0, 0, 0, 5, 0, 0, 6, 0, 7]], [5, 5, 0, 0, 6, 2, 0, 0, 0, 7]),  # the last block reaches back
        ("b4", [[0] * 256 + [4, 0, 0, 0]], [249, 0, 0, 0, 0, 8, 4, 0, 0, 0]),
        ("b4", [[0] * 8, [0, 0, 0, 0, 1, 0, 0, 0]], [5, 1, 0, 0, 0]),
    ],
)
def test_bytes_are_as_documented(encoding, weights, stream):
    assert ENCODINGS[encoding].encode(np.array(weights, np.int8)).stream.tolist() == stream


def test_rows_longer_than_their_counter_are_refused():
    weights = np.ones((1, 40_000), np.int8)
    assert ENCODINGS["d8"].size(weights) == inf
    assert ENCODINGS["n4"].size(weights) == 60_000
    assert ENCODINGS["dense"].size(weights) == 40_000
    with pytest.raises(ValueError, match="80000 bytes"):
        ENCODINGS["d8"].encode(weights)


def test_rows_shorter_than_a_block_are_refused():
    """A kernel reads four inputs at once, and none beside its column."""
    assert ENCODINGS["b4"].size(np.ones((2, 3), np.int8)) == inf
    with pytest.raises(ValueError, match="rows of 3 inputs"):
        ENCODINGS["b4"].encode(np.ones((2, 3), np.int8))


def test_each_encoding_is_the_smallest_somewhere():
    random = np.random.default_rng(0)

    def smallest(sparsity):
        weights = np.where(random.random((64, 576)) < sparsity, 0, 1).astype(np.int8)
        return min(ENCODINGS, key=lambda name: ENCODINGS[name].size(weights))

    assert [smallest(s) for s in (0.2, 0.6, 0.97)] == ["dense", "n4", "d8"]
