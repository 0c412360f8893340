"""Patterns: which weights of a kernel stay or go together.

All of them run along the inputs of an output, as kernels on the device read them.  A kernel [..., inputs, outputs] is
taken as the matrix [all its inputs, outputs].
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mcuprune.errors import UsageError
from mcuprune.prune.allocation import ALLOCATIONS
from mcuprune.prune.masks import Masks, best

if TYPE_CHECKING:
    import keras

Scores = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Blocks:
    """Neighbours along the inputs stay or go together: the B4 encoding stores one index for four weights.

    Blocks start at multiples of their size; the last one of a row may be shorter.  Each is worth the mean of its
    weights, so that blocks and single weights of other kernels can be ranked together.
    """

    size: int = 4  # weights; of 1, any weight may stay or go
    only: tuple[str, ...] | None = None  # names of the kernels that are in blocks, others are as of size 1; None: all

    def of(self, name: str) -> "Blocks":
        """The pattern of one kernel."""
        return Blocks(self.size if self.only is None or name in self.only else 1)

    def masks(self, scores: Scores, sparsity: float, allocation: str) -> Masks:
        each = {name: self.of(name) for name in scores}
        worth = {name: each[name]._spread(each[name]._means(s), s.shape) for name, s in scores.items()}
        counts = ALLOCATIONS[allocation](worth, sparsity)
        return {name: each[name]._best(s, counts[name]) for name, s in scores.items()}

    def _means(self, scores: np.ndarray) -> np.ndarray:
        """[..., inputs, outputs] -> [blocks, outputs]; what the last one lacks scores nothing."""
        return _groups(scores, self.size).sum(axis=1) / self.size

    def _best(self, scores: np.ndarray, count: int) -> np.ndarray:
        """A mask of the best blocks that have no more than `count` weights together; of one at least."""
        blocks, inputs = self._means(scores), int(np.prod(scores.shape[:-1]))
        if not inputs % self.size:
            return self._spread(best(blocks, max(count // self.size, 1)), scores.shape)
        weights = np.full(blocks.shape, self.size)
        weights[-1] = inputs % self.size
        order = np.argsort(-blocks, axis=None, kind="stable")
        number = int(np.searchsorted(np.cumsum(weights.ravel()[order]), count, side="right"))
        kept = np.zeros(blocks.size, bool)
        kept[order[: max(number, 1)]] = True
        return self._spread(kept.reshape(blocks.shape), scores.shape)

    def _spread(self, blocks: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """What is true of blocks, of each of their weights."""
        inputs = int(np.prod(shape[:-1]))
        return np.repeat(blocks, self.size, axis=0)[:inputs].reshape(shape)


ANY = Blocks(1)


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

    def of(self, name: str) -> "NofM":
        return self

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


Pattern = Blocks | NofM


def chosen(text: str | None, model: "keras.Model") -> Pattern:
    """The pattern that is asked for; by default blocks in LSTM layers, and any weight in others.

    Kernels of LSTM layers gain most by blocks on the device.  Those of fewer inputs than a block has are in none.
    """
    from mcuprune.prune.layers import lstm_kernels

    names = (name for name, kernel in lstm_kernels(model) if kernel.shape[0] >= Blocks.size)
    return parse(text) or Blocks(only=tuple(names))


def parse(text: str | None) -> Pattern | None:
    """
    >>> parse("1x4"), parse("2:4"), parse(None)
    (Blocks(size=4, only=None), NofM(n=2, m=4), None)
    """
    if text is None:
        return None
    if text == "unstructured":
        return ANY
    if text == "1x4":
        return Blocks()
    found = re.fullmatch(r"(\d+):(\d+)", text)
    if found and 1 <= int(found[1]) < int(found[2]) <= 256:
        return NofM(int(found[1]), int(found[2]))
    raise UsageError(f"there is no pattern {text!r}; there are unstructured, 1x4, and N:M such as 2:4 (N of M stay)")


def _groups(scores: np.ndarray, size: int) -> np.ndarray:
    """[..., inputs, outputs] -> [groups, size, outputs]; what the last one lacks scores nothing."""
    matrix = scores.reshape(-1, scores.shape[-1])
    padded = np.pad(matrix, ((0, -len(matrix) % size), (0, 0)))
    return padded.reshape(-1, size, matrix.shape[1])
