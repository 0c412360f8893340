"""The best of many candidates together: layers that call the same kernel share its code.

With a price for a byte (Lagrange's method), a layer's best candidate is the one of least cycles + price * constants,
among the kernels that are linked; which kernels are worth their code is tried out, for each family of kernels that
layers choose among.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mcuprune.layer import Layer

DEAR = 1e13  # cycles for a byte: a price at which only bytes count
CHEAP = 1e-6  # and one at which they only decide between equals
MOST = 11  # kernels of which all combinations are tried


@dataclass(frozen=True)
class Candidate:
    """One way to compute a layer."""

    layer: Layer
    size: int  # bytes of constants in flash
    cycles: float

    @cached_property
    def functions(self) -> frozenset[str]:
        return frozenset(function for call in self.layer.calls for function in call.functions)


@dataclass(frozen=True, eq=False)
class Menu:
    """The candidates of every layer as arrays [layers, most candidates], inf where there is none.

    code: bytes of every kernel.  What is chosen is an array of indices, one for each layer.
    """

    candidates: Sequence[Sequence[Candidate]]
    code: dict[str, int]

    def _array(self, value) -> np.ndarray:
        array = np.full((len(self.candidates), max(map(len, self.candidates))), np.inf)
        for row, each in zip(array, self.candidates, strict=True):
            row[: len(each)] = [value(candidate) for candidate in each]
        return array

    @cached_property
    def cycles(self) -> np.ndarray:
        return self._array(lambda c: c.cycles)

    @cached_property
    def size(self) -> np.ndarray:
        return self._array(lambda c: c.size)

    @cached_property
    def bundles(self) -> list[frozenset[str]]:
        """Kernels that are called together; most often it is one."""
        return sorted({c.functions for each in self.candidates for c in each}, key=sorted)

    @cached_property
    def bundle(self) -> np.ndarray:
        """The bundle of each candidate."""
        number = {bundle: i for i, bundle in enumerate(self.bundles)}
        return self._array(lambda c: number[c.functions])

    @cached_property
    def families(self) -> list[list[str]]:
        """Kernels among which layers choose: sets that have nothing to do with one another."""
        families: list[set[str]] = []
        for each in self.candidates:
            family = set().union(*(c.functions for c in each))
            touched = [f for f in families if f & family]
            families = [f for f in families if not f & family] + [family.union(*touched)]
        return [sorted(family) for family in families if family]

    def layers(self, chosen: np.ndarray) -> list[Layer]:
        return [each[i].layer for each, i in zip(self.candidates, chosen, strict=True)]

    def functions(self, chosen: np.ndarray) -> frozenset[str]:
        return frozenset().union(*(each[i].functions for each, i in zip(self.candidates, chosen, strict=True)))

    def constants(self, chosen: np.ndarray) -> int:
        """Their bytes."""
        return int(self.size[np.arange(len(chosen)), chosen].sum())

    def totals(self, chosen: np.ndarray) -> tuple[int, float]:
        """(bytes of flash, cycles)"""
        code = sum(self.code[f] for f in self.functions(chosen))
        return self.constants(chosen) + code, float(self.cycles[np.arange(len(chosen)), chosen].sum())

    def costs(self, price: float) -> np.ndarray:
        """[layers, most candidates] when a byte costs `price` cycles"""
        return self.cycles + price * self.size


def choose(menu: Menu, goal: str | int) -> np.ndarray:
    """A candidate of each layer, by index.  goal: of mcuprune.choose, a limit in bytes of constants and code."""
    if goal == "size":
        return _with(menu, menu.costs(DEAR), frozenset(menu.code))
    if goal == "speed":
        return _at_price(menu, CHEAP)
    if goal == "balanced":
        return _knee(menu)
    return _within(menu, int(goal))


def _knee(menu: Menu) -> np.ndarray:
    """The least product of bytes and cycles: on the curve of best choices, where a % of one costs a % of the other."""
    found = _at_price(menu, CHEAP)
    for _ in range(8):
        size, cycles = menu.totals(found)
        found = _at_price(menu, cycles / max(size, 1))
    return found


def _within(menu: Menu, limit: int) -> np.ndarray:
    """The fewest cycles in so many bytes: kernels that are best at some price, and of constants what they have room
    for."""
    found, smaller = [], _search(lambda price: _at_price(menu, price), menu, limit)
    for functions in {menu.functions(chosen) for chosen in smaller}:
        found += _search(lambda price, own=functions: _with(menu, menu.costs(price), own), menu, limit)

    def worth(chosen: np.ndarray) -> tuple[int, float]:
        size, cycles = menu.totals(chosen)
        return max(size - limit, 0), cycles

    return min([*found, *smaller], key=worth)


def _search(at, menu: Menu, limit: int) -> list[np.ndarray]:
    """The choices at prices around the lowest one that keeps bytes within the limit."""
    low, high = CHEAP, DEAR
    found = [at(low), at(high)]
    if menu.totals(found[0])[0] <= limit:
        return found[:1]
    while high > 1.01 * low and menu.totals(found[-1])[0] != limit:
        middle = (low * high) ** 0.5
        found.append(at(middle))
        low, high = (low, middle) if menu.totals(found[-1])[0] <= limit else (middle, high)
    return found


def _at_price(menu: Menu, price: float) -> np.ndarray:
    """The best choice when a byte costs `price` cycles."""
    costs = menu.costs(price)
    of_bundle = np.array([np.where(menu.bundle == i, costs, np.inf).min(axis=1) for i in range(len(menu.bundles))])
    kept: set[str] = set()
    for family in menu.families:
        kept |= _best_of(family, menu, of_bundle, price)
    return _with(menu, costs, frozenset(kept))


def _best_of(family: Sequence[str], menu: Menu, of_bundle: np.ndarray, price: float) -> set[str]:
    """The kernels of a family that are best together.  of_bundle: costs with the code left out, [bundles, layers]"""
    if len(family) == 1:
        return set(family)
    own = [i for i, bundle in enumerate(menu.bundles) if bundle & set(family)]
    costs = of_bundle[own][:, np.isfinite(of_bundle[own]).any(axis=0)]
    code = price * np.array([menu.code[f] for f in family])
    needs = np.array([[f in menu.bundles[i] for f in family] for i in own])
    kept = _promising(needs, costs, code)
    sets = (np.arange(1 << len(kept))[:, None] >> np.arange(len(kept))) & 1 == 1
    has = np.zeros((len(sets), len(family)), bool)
    has[:, kept] = sets
    able = ~(needs[None] & ~has[:, None]).any(axis=2)  # [sets, bundles]
    paid = np.zeros(len(sets))
    for layer in costs.T:
        paid += np.where(able, layer, np.inf).min(axis=1)
    return {family[i] for i in np.flatnonzero(has[(paid + has @ code).argmin()])}


def _promising(needs: np.ndarray, costs: np.ndarray, code: np.ndarray) -> list[int]:
    """Kernels without those that another one beats in every layer, and MOST of them at most.

    needs: bool [bundles, kernels]; costs: [bundles, layers]
    """
    alone = {int(row.argmax()): i for i, row in enumerate(needs) if row.sum() == 1}
    kept = list(range(len(code)))
    for i, at in alone.items():
        if needs[:, i].sum() > 1:
            continue
        for j, other in alone.items():
            if j != i and j in kept and code[j] <= code[i] and (costs[other] <= costs[at]).all():
                kept.remove(i)
                break
    if len(kept) > MOST:
        best = {int(i) for i in np.flatnonzero(needs[costs.argmin(axis=0)].any(axis=0))}
        kept = sorted(kept, key=lambda i: (i not in best, code[i]))[:MOST]
    return kept


def _with(menu: Menu, costs: np.ndarray, functions: frozenset[str]) -> np.ndarray:
    """The best candidate of each layer among those that call only these kernels."""
    outside = [i for i, bundle in enumerate(menu.bundles) if not bundle <= functions]
    return np.where(np.isin(menu.bundle, outside), np.inf, costs).argmin(axis=1)
