"""Patterns: which weights of a kernel may stay together.  All of them run along the inputs of an output, as kernels

on the device read them.  A kernel [..., inputs, outputs] is taken as the matrix [all its inputs, outputs].
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mcuprune.errors import UsageError
from mcuprune.prune.allocation import ALLOCATIONS
from mcuprune.prune.masks import Masks, best

Scores = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Unstructured:
    """Any weight may stay or go."""

    def masks(self, scores: Scores, sparsity: float, allocation: str) -> Masks:
        counts = ALLOCATIONS[allocation](scores, sparsity)
        return {name: best(s, counts[name]) for name, s in scores.items()}


@dataclass(frozen=True)
class Blocks:
    """Neighbours along the inputs stay or go together: the B4 encoding stores one index for four weights.

    Blocks start at multiples of their size; the last one of a row may be shorter.
    """

    size: int = 4

    def masks(self, scores: Scores, sparsity: float, allocation: str) -> Masks:
        blocks = {name: _groups(s, self.size).sum(axis=1) for name, s in scores.items()}
        counts = ALLOCATIONS[allocation](blocks, sparsity)
        return {name: self._spread(best(b, counts[name]), scores[name].shape) for name, b in blocks.items()}

    def _spread(self, kept: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """A mask of blocks as a mask of weights."""
        inputs = int(np.prod(shape[:-1]))
        return np.repeat(kept, self.size, axis=0)[:inputs].reshape(shape)


@dataclass(frozen=True)
class NofM:
    """Of every m neighbours along the inputs, n stay at the end; chosen anew at each step of the ramp.

    There is nothing to allocate: every kernel ends at the same sparsity.
    """

    n: int
    m: int

    @property
    def sparsity(self) -> float:
        return 1 - self.n / self.m

    def masks(self, scores: Scores, sparsity: float, allocation: str) -> Masks:
        keep = max(round(self.m * (1 - sparsity)), self.n)
        return {name: self._mask(s, keep) for name, s in scores.items()}

    def _mask(self, scores: np.ndarray, keep: int) -> np.ndarray:
        groups = _groups(scores, self.m)
        order = np.argsort(-groups, axis=1, kind="stable")
        mask = np.zeros(groups.shape, bool)
        np.put_along_axis(mask, order[:, :keep], True, axis=1)
        inputs = int(np.prod(scores.shape[:-1]))
        return mask.reshape(-1, scores.shape[-1])[:inputs].reshape(scores.shape)


Pattern = Unstructured | Blocks | NofM


def parse(text: str | None) -> Pattern:
    """
    >>> parse("1x4"), parse("2:4")
    (Blocks(size=4), NofM(n=2, m=4))
    """
    if text in (None, "unstructured"):
        return Unstructured()
    if text == "1x4":
        return Blocks()
    found = re.fullmatch(r"(\d+):(\d+)", text or "")
    if found and 1 <= int(found[1]) < int(found[2]) <= 256:
        return NofM(int(found[1]), int(found[2]))
    raise UsageError(f"there is no pattern {text!r}; there are unstructured, 1x4, and N:M such as 2:4 (N of M stay)")


def _groups(scores: np.ndarray, size: int) -> np.ndarray:
    """[..., inputs, outputs] -> [groups, size, outputs]; what the last one lacks scores nothing."""
    matrix = scores.reshape(-1, scores.shape[-1])
    padded = np.pad(matrix, ((0, -len(matrix) % size), (0, 0)))
    return padded.reshape(-1, size, matrix.shape[1])
