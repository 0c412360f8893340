"""The work of memcpy and memset: every byte is moved once, and a few layers are told as they are copied."""

import pytest

from mcuprune import libc, strides

MOVED = {"memcpy_64": 64, "memcpy_16": 16, "memcpy_4": 4, "memcpy_short": 4, "memcpy_1": 1, "memcpy_byte": 1,
         "memcpy_far_byte": 1}  # fmt: skip
SET = {"memset_16": 16, "memset_4": 4, "memset_1": 1, "memset_head": 1}


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 13, 15, 16, 30, 64, 100, 257])
@pytest.mark.parametrize("aligned", [None, 0, 3, 5])
def test_every_byte_is_counted_once(size, aligned):
    for work, steps in ((libc.copied(5, size, aligned), MOVED), (libc.filled(5, size, aligned), SET)):
        assert sum(n * steps.get(kind, 0) for kind, n in work.items()) == pytest.approx(5 * size)


def test_words_are_copied_between_multiples_of_four():
    everywhere = libc.copied(6, 12)
    assert {kind: n for kind, n in everywhere.items() if n} == {"memcpy_short": 18}
    assert libc.copied(16, 6)["memcpy_apart"] == 12  # one in two multiples of six is one of four, at either end


@pytest.mark.parametrize(("dims", "arrays", "found"), [
    ((), [(0, ()), (8, ())], 1),
    ((), [(2, ())], 0),
    ((4,), [(0, (3,)), (4, (4,))], 1),
    ((2, 4), [(0, (8, 2)), (0, (16, 4))], 4),
    ((3, 5), [(1, (20, 1))], 3),
])  # fmt: skip
def test_places_at_multiples_of_four_are_counted(dims, arrays, found):
    assert strides.aligned(dims, *arrays) == found
