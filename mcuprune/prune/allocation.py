"""Allocation: how many weights each kernel keeps, when the network keeps a share of all.

An allocation takes the scores of all kernels (criteria) and the sparsity of the network; it gives the number that
stays of each.  At least one stays of every kernel, since a kernel without weights would cut the network in two.
"""

from collections.abc import Callable, Mapping

import numpy as np

Scores = Mapping[str, np.ndarray]
Counts = dict[str, int]


def across(scores: Scores, sparsity: float) -> Counts:
    """The best of the whole network stay, wherever they are."""
    count = sum(s.size for s in scores.values())
    pruned = count - max(round(count * (1 - sparsity)), 1)
    keep = np.ones(count, bool)
    if pruned:
        flat = np.concatenate([s.ravel() for s in scores.values()])
        keep[np.argpartition(flat, pruned - 1)[:pruned]] = False
    parts = np.split(keep, np.cumsum([s.size for s in scores.values()])[:-1])
    return {name: max(int(part.sum()), 1) for name, part in zip(scores, parts, strict=True)}


def uniform(scores: Scores, sparsity: float) -> Counts:
    """The same share of every kernel: Zhu and Gupta 2017, arXiv 1710.01878."""
    return {name: max(round(s.size * (1 - sparsity)), 1) for name, s in scores.items()}


def lamp(scores: Scores, sparsity: float) -> Counts:
    """Across the network, each score divided by the sum of those in its kernel that are no smaller: Lee et al. 2021,

    Layer-Adaptive Magnitude Pruning, arXiv 2010.07611.
    """
    return across({name: lamp_scores(s) for name, s in scores.items()}, sparsity)


def lamp_scores(scores: np.ndarray) -> np.ndarray:
    """
    >>> lamp_scores(np.array([1.0, 4.0, 9.0])).round(3).tolist()
    [0.071, 0.308, 1.0]
    """
    flat = scores.ravel().astype(np.float64)
    order = np.argsort(flat, kind="stable")
    rest = np.cumsum(flat[order][::-1])[::-1]
    result = np.empty_like(flat)
    result[order] = flat[order] / np.where(rest > 0, rest, 1)
    return result.reshape(scores.shape)


def erk(scores: Scores, sparsity: float) -> Counts:
    """Densities in proportion to (sum of a kernel's dimensions) / (product of them), those above 1 made dense:

    Erdos-Renyi-Kernel, Evci et al. 2020, arXiv 1911.11134.
    """
    sizes = {name: s.size for name, s in scores.items()}
    raw = {name: sum(s.shape) / s.size for name, s in scores.items()}
    left, dense = (1 - sparsity) * sum(sizes.values()), set[str]()
    while True:
        rest = [name for name in sizes if name not in dense]
        weights = left - sum(sizes[name] for name in dense)
        scale = weights / sum(raw[name] * sizes[name] for name in rest) if rest else 0.0
        full = {name for name in rest if scale * raw[name] >= 1}
        if not full:
            break
        dense |= full
    return {name: size if name in dense else max(round(scale * raw[name] * size), 1) for name, size in sizes.items()}


ALLOCATIONS: dict[str, Callable[[Scores, float], Counts]] = {
    "global": across,
    "uniform": uniform,
    "lamp": lamp,
    "erk": erk,
}
