"""What needs no TensorFlow of pruning: schedules, and masks from scores."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mcuprune.errors import UsageError
from mcuprune.prune.allocation import ALLOCATIONS, erk, uniform
from mcuprune.prune.masks import sparsity
from mcuprune.prune.patterns import ANY, Blocks, NofM, parse
from mcuprune.prune.schedules import RANKINGS, Cubic, Geometric, due, one_cycle


def test_the_cubic_schedule_has_the_values_of_zhu_and_gupta():
    ramp = Cubic(0.9, begin=0, end=100)
    for step, expected in ((0, 0), (10, 0.2439), (25, 0.5203), (50, 0.7875), (75, 0.8859), (100, 0.9), (900, 0.9)):
        assert ramp(step) == pytest.approx(expected, abs=5e-5)


@given(st.sampled_from([Cubic, Geometric]), st.floats(0.01, 0.999), st.floats(0, 1), st.integers(0, 500))
def test_schedules_rise_from_initial_to_final(kind, final, share, length):
    ramp = kind(final, begin=20, end=20 + length, initial=final * share)
    values = [ramp(step) for step in range(0, 40 + length)]
    assert values[0] == pytest.approx(final * share) and values[-1] == pytest.approx(final)
    assert all(a <= b + 1e-12 for a, b in pairwise(values))


@given(st.integers(1, 50), st.integers(0, 5000))
def test_weights_are_ranked_at_both_ends_of_a_ramp_and_not_too_often(begin, length):
    ramp = Cubic(0.5, begin, begin + length)
    steps = [step for step in range(begin + length + 10) if due(ramp, step)]
    assert steps[0] == begin and steps[-1] == begin + length
    assert len(steps) <= 2 * RANKINGS + 2


def test_the_rate_warms_up_and_ends_near_zero():
    rates = [one_cycle(step, 1000, 3e-3) for step in range(1000)]
    assert rates[0] < 1e-4 and max(rates) == rates[50] == 3e-3 and rates[-1] < 1e-7
    assert one_cycle(0, 1, 1.0) == 1.0


shapes = st.tuples(st.integers(1, 6), st.integers(1, 6))


kernels = st.lists(arrays(np.float32, shapes, elements=st.floats(0, 9, width=32)), min_size=1).map(
    lambda found: {f"k{i}": kernel for i, kernel in enumerate(found)}
)


@given(kernels, st.floats(0, 0.999))
def test_unstructured_masks_keep_the_best_of_all_kernels_together(scores, share):
    masks = ANY.masks(scores, share, "global")
    count = sum(s.size for s in scores.values())
    kept = sum(int(mask.sum()) for mask in masks.values())
    wanted = max(round(count * (1 - share)), 1)
    assert wanted <= kept <= wanted + len(scores)  # one of each kernel stays in any case
    assert all(mask.any() and mask.shape == scores[name].shape for name, mask in masks.items())
    assert sparsity(masks) == pytest.approx(1 - kept / count)
    lost = [scores[name][~mask].max() for name, mask in masks.items() if not mask.all()]
    for name, mask in masks.items():
        if lost and mask.sum() > 1:
            assert scores[name][mask].min() >= max(lost)


@given(kernels, st.floats(0, 0.999), st.sampled_from(sorted(ALLOCATIONS)))
def test_every_allocation_meets_the_sparsity_of_the_network(scores, share, name):
    counts = ALLOCATIONS[name](scores, share)
    sizes = {name: s.size for name, s in scores.items()}
    assert all(1 <= counts[name] <= size for name, size in sizes.items())
    assert sum(counts.values()) == pytest.approx((1 - share) * sum(sizes.values()), abs=len(scores) + 1)


def test_erk_has_the_counts_of_the_paper_for_lenet_300_100():
    scores = {"fc1": np.ones((784, 300)), "fc2": np.ones((300, 100)), "fc3": np.ones((100, 10))}
    assert erk(scores, 0.9) == {"fc1": 18714, "fc2": 6906, "fc3": 1000}


def test_uniform_prunes_every_kernel_alike():
    assert uniform({"a": np.ones((10, 10)), "b": np.ones((5, 4))}, 0.8) == {"a": 20, "b": 4}


@given(kernels, st.floats(0, 0.999), st.sampled_from(sorted(ALLOCATIONS)))
def test_blocks_of_four_inputs_stay_or_go_together(scores, share, allocation):
    for name, mask in Blocks(4).masks(scores, share, allocation).items():
        assert mask.shape == scores[name].shape and mask.any()
        for start in range(0, len(mask), 4):
            block = mask[start : start + 4]
            assert (block == block[0]).all()


@given(kernels, st.floats(0, 0.999), st.sampled_from(["global", "lamp"]), st.integers(0, 3))
@example({"equal": np.zeros((5, 2), np.float32)}, 0.25, "global", 1)
def test_blocks_meet_the_sparsity_of_the_network_whatever_is_left_of_a_row(scores, share, allocation, blocks):
    masks = Blocks(4, tuple(scores)[:blocks]).masks(scores, share, allocation)
    count = sum(s.size for s in scores.values())
    kept = sum(int(mask.sum()) for mask in masks.values())
    assert count * (1 - share) - 4 * len(scores) <= kept <= count * (1 - share) + 4 * len(scores)
    assert share or kept == count


def test_blocks_and_single_weights_are_ranked_together_by_the_worth_of_a_weight():
    blocks, single = np.full((8, 1), 2.0), np.array([[1.0], [3.0], [1.0], [3.0]])
    blocks[4:] = [[0.0], [0.0], [0.0], [9.0]]  # 2.25 each
    masks = Blocks(4, ("blocks",)).masks({"blocks": blocks, "single": single}, 0.5, "global")
    assert masks["blocks"].ravel().tolist() == [False] * 4 + [True] * 4
    assert masks["single"].ravel().tolist() == [False, True, False, True]


def test_kernels_that_are_in_no_blocks_are_pruned_as_if_there_were_none():
    scores = {name: np.random.default_rng(0).random((8, 5)) for name in ("a", "b")}
    some, none = (pattern.masks(scores, 0.7, "uniform") for pattern in (Blocks(4, ("a",)), ANY))
    assert (some["b"] == none["b"]).all() and (some["a"] != none["a"]).any()
    assert (some["a"][:4] == some["a"][0]).all() and (some["a"][4:] == some["a"][4]).all()


def test_blocks_run_along_the_bytes_that_a_kernel_on_the_device_reads():
    scores = {"conv": np.zeros((1, 3, 2, 5))}  # rows of the matrix: (column, channel) of the window
    scores["conv"][0, 1, 1, 2] = 1  # input 3 of output 2
    mask = Blocks(4).masks(scores, 0.95, "global")["conv"]
    assert np.argwhere(mask.reshape(6, 5)).tolist() == [[0, 2], [1, 2], [2, 2], [3, 2]]


@given(kernels, st.integers(1, 4), st.floats(0, 1))
def test_n_of_m_neighbours_stay_at_the_end_of_a_ramp_and_more_before(scores, n, share):
    pattern = NofM(n, 4)
    for name, mask in pattern.masks(scores, share * pattern.sparsity, "global").items():
        for start in range(0, len(mask) // 4 * 4, 4):
            kept = mask[start : start + 4].sum(axis=0)
            assert (kept == kept[0]).all() and kept[0] >= n
            assert share < 1 or kept[0] == n
            group = scores[name][start : start + 4]
            assert (
                np.where(mask[start : start + 4], group, 9).min(0) >= np.where(mask[start : start + 4], 0, group).max(0)
            ).all()


def test_patterns_are_named_as_people_write_them():
    assert parse(None) is None and parse("unstructured") == ANY
    assert parse("1x4") == Blocks(4) and parse("2:4") == NofM(2, 4) and NofM(2, 4).sparsity == 0.5
    for text in ("2:2", "4:2", "x", "0:4"):
        with pytest.raises(UsageError, match="there are unstructured, 1x4, and N:M"):
            parse(text)
