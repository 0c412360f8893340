"""The fit of the cost model: least squares that never go below zero, and a table that reads back."""

import fit
import numpy as np
import pytest

from mcuprune import cost
from mcuprune.layer import Call


@pytest.mark.parametrize("seed", range(20))
def test_costs_that_explain_everything_are_found(seed):
    random = np.random.default_rng(seed)
    equations, costs = random.random((40, 6)), random.random(6) * (random.random(6) < 0.7)
    assert np.allclose(fit.least_squares(equations, equations @ costs), costs)


@pytest.mark.parametrize("seed", range(20))
def test_no_cost_is_negative_and_none_can_be_better(seed):
    random = np.random.default_rng(seed)
    equations, cycles = random.random((30, 5)), random.random(30)
    x = fit.least_squares(equations, cycles)
    slope = equations.T @ (equations @ x - cycles)  # of the squares, for every cost
    assert x.min() >= 0
    assert slope.min() > -1e-6  # none should be larger
    assert np.abs(slope[x > 0]).max(initial=0) < 1e-6  # nor smaller, where it can be


def test_kernels_of_one_layer_are_told_apart():
    kinds = [("mcup_fill_s8", 10, {"byte": 0.5}), ("mcup_copy_s8", 30, {"line": 7.0})]
    samples = []
    for n in range(1, 9):
        calls = tuple(Call(f, "", {}, work=dict.fromkeys(work, n * (i + 1) ** (n % 3)))
                      for i, (f, _, work) in enumerate(kinds))  # fmt: skip
        cycles = [once + sum(work[k] * amount for k, amount in call.work.items())
                  for call, (_, once, work) in zip(calls, kinds, strict=True)]  # fmt: skip
        samples += [fit.Sample(n, calls, sum(cycles)), fit.Sample(n, calls[:1], cycles[0])]
    assert fit.fit(samples) == {function: {"call": once, **work} for function, once, work in kinds}


def test_what_kernels_share_is_found_from_all_of_them():
    """A kernel that copies always as much says nothing of what a byte takes: others do."""
    samples = [fit.Sample(n, (Call("alone", "", {}, work={"line": n, "memcpy_1": 3.0 * n}),), 20 + 9 * n + 6 * n)
               for n in (1, 2, 5)]  # fmt: skip
    samples += [fit.Sample(n, (Call("other", "", {}, work={"memcpy_1": 7.0 * n}),), 30 + 14 * n) for n in (1, 3)]
    assert fit.fit(samples) == {
        "alone": {"call": 20, "line": 9},
        "other": {"call": 30},
        "memcpy": {"1": 2},
    }


def test_known_costs_stay():
    samples = [fit.Sample(n, (Call("new", "", {}, work={"line": n, "memcpy_1": 3.0}),), 16 + 5 * n) for n in (1, 2, 5)]
    known = {"memcpy": {"1": 2.0}, "old": {"call": 7.0}}
    assert fit.fit(samples, known) == {**known, "new": {"call": 10, "line": 5}}


def test_a_kernel_with_a_new_kind_of_work_is_not_known():
    samples = [fit.Sample(0, (Call("a", "", {}, work={"line": 1}), Call("b", "", {}, work={"row": 1})), 1)]
    costs = {"a": {"call": 1.0}, "b": {"call": 1.0, "row": 2.0}, "c": {"call": 3.0}}
    assert fit.complete(costs, samples) == {name: costs[name] for name in "bc"}


def test_samples_are_apart_where_they_have_no_kernel_in_common():
    names = ["a", "b", "bc", "d", "ce", "f"]
    samples = [fit.Sample(n, tuple(Call(f, "", {}) for f in name), 1) for n, name in enumerate(names)]
    found = {frozenset(sample.number for sample in group) for group in fit.apart(samples)}
    assert found == {frozenset(numbers) for numbers in ({0}, {1, 2, 4}, {3}, {5})}


def test_kernels_that_are_predicted_badly_are_named(capsys):
    fit.show({"cortex-m4": {"mcup_good": [0.02, -0.03], "mcup_bad": [0.05, -0.06]}, "cortex-m3": {"mcup_good": [0.01]}})
    told = capsys.readouterr().out
    assert "cortex-m4: mean error 4.0 % of 4 layers\n" in told
    assert "cortex-m4: mean error above 3 %: mcup_bad 5.5 % of 2 layers\n" in told
    assert "cortex-m3: mean error above 3 %: none\n" in told


def test_the_table_is_as_the_tool_writes_it():
    assert fit.text(cost.table()) == cost.TABLE.read_text(encoding="utf-8")
