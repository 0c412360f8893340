"""Optimal Brain Compression of one layer: what each weight costs, and what the others do to make up for it.

Frantar and Alistarh 2022, arXiv 2208.11580.  A layer's outputs W X move by dW X when weights go; the mean square of
that is 1/2 dW H dW^T, row by row, with H = 2 X X^T / n.  To take the weight p away from a row w costs at least
w_p^2 / (2 [H^-1]_pp), when all others move by -w_p [H^-1]_p / [H^-1]_pp; then p is struck from H^-1, and the next one
goes.  Striking is a step of a Cholesky factorization of H^-1 whose pivots the costs choose, so it is done as Cholesky
is: rows of the factor are written down, and what is left of H^-1 is brought up to date for many of them together.

Matrices are float64: weights [outputs, inputs], hessian [inputs, inputs].
"""

from dataclasses import dataclass

import numpy as np

from mcuprune.prune.patterns import Blocks, NofM, Pattern

DAMPING = 0.01  # of the mean diagonal, added to it: inputs that say nearly the same shall not be played off
WIDE = 640  # inputs; wider layers are traced in parts
CACHE = 2**18  # numbers of a factor that a processor has at hand
STRIP = 32  # steps of the factorization that are struck from H^-1 together


def damped(hessian: np.ndarray) -> np.ndarray:
    """A Hessian that can be inverted.  An input that is always zero counts as any other, once, for itself."""
    diagonal = np.diag(hessian)
    extra = np.where(diagonal > 0, DAMPING * diagonal.mean(), 1)
    return hessian + np.diag(extra)


def loss(change: np.ndarray, hessian: np.ndarray) -> np.ndarray:
    """[outputs]: 1/2 dw H dw^T of each row, the mean square by which its output moves."""
    return np.einsum("ri,ri->r", change @ hessian, change) / 2


@dataclass(frozen=True, eq=False)
class Trace:
    """In which order the weights of each row go, and what each takes with it: arrays [outputs, steps].

    Weights that go together, a block, share their loss.  Weights that a pattern keeps are not in it.
    """

    order: np.ndarray  # positions in the row
    losses: np.ndarray

    def prices(self, inputs: int) -> np.ndarray:
        """[outputs, inputs]: the loss for which each weight goes after all that go before it; inf where it never does.

        Prices of a row rise: what is cheap once something dear has gone costs as much as that.
        """
        result = np.full((len(self.order), inputs), np.inf)
        np.put_along_axis(result, self.order, np.maximum.accumulate(self.losses, axis=1), axis=1)
        return result


def trace(weights: np.ndarray, hessian: np.ndarray, pattern: Pattern) -> Trace:
    """The cheapest weight first, or the cheapest block, or what an N:M pattern lets go, until nothing is left to go."""
    outputs, inputs = weights.shape
    size = pattern.size if isinstance(pattern, Blocks) else 1
    group = _group(pattern)
    most = pattern.m - pattern.n if isinstance(pattern, NofM) else group
    missing = -inputs % group
    inverse = np.linalg.inv(hessian)
    if missing:  # in the last group: weights of zero, which go first and take nothing with them
        weights, inverse = np.pad(weights, ((0, 0), (0, missing))), np.pad(inverse, (0, missing))
        inverse[inputs:, inputs:] = np.eye(missing)
    at_once = max(CACHE // inverse.size, 1)
    parts = [
        _eliminate(weights[row : row + at_once].copy(), inverse, size, group, most)
        for row in range(0, outputs, at_once)
    ]
    order, losses = (np.concatenate(part) for part in zip(*parts, strict=True))
    if missing and size > 1:  # the real weights of the last block bear its loss alone
        losses[order >= inputs + missing - size] *= size / (size - missing)
    real = order < inputs  # as many in each row
    return Trace(*(array[real].reshape(outputs, -1) for array in (order, losses)))


def _eliminate(w: np.ndarray, inverse: np.ndarray, size: int, group: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Order and losses of some rows, which are used up.  Of each `group` of weights `most` go, `size` at a time."""
    rows, inputs = w.shape
    steps, filled = inputs // group * most, 0
    order, losses = np.empty((rows, steps), int), np.empty((rows, steps))
    corners = np.stack([inverse[i : i + size, i : i + size] for i in range(0, inputs, size)])
    corners = np.repeat(corners[None], rows, axis=0)
    inverse, factor = np.repeat(inverse[None], rows, axis=0), np.empty((rows, STRIP, inputs))
    gone, left = np.zeros((rows, inputs // size), bool), np.full((rows, inputs // group), most)
    row = np.arange(rows)
    for done in range(0, steps, size):
        cost = np.where(gone, np.inf, _costs(w.reshape(rows, -1, size), corners))
        block = cost.argmin(axis=1)
        here = block[:, None] * size + np.arange(size)
        order[:, done : done + size] = here
        losses[:, done : done + size] = cost[row, block, None] / size
        known = factor[:, :filled]
        pivots = inverse[row[:, None], here] - np.take_along_axis(known, here[:, None], axis=2).swapaxes(1, 2) @ known
        root = np.linalg.cholesky(np.take_along_axis(pivots, here[:, None], axis=2))
        factor[:, filled : filled + size] = new = np.linalg.solve(root, pivots)
        w -= (np.linalg.solve(root, w[row[:, None], here][..., None]).swapaxes(1, 2) @ new)[:, 0]
        parts = new.reshape(rows, size, -1, size)
        corners -= parts.transpose(0, 2, 3, 1) ** 2 if size == 1 else np.einsum("rkbi,rkbj->rbij", parts, parts)
        corners[row, block], gone[row, block] = np.eye(size), True
        left[row, block * size // group] -= size
        if most < group:
            gone |= np.repeat(left == 0, group, axis=1)
        filled += size
        if filled > STRIP - size:
            inverse -= factor[:, :filled].swapaxes(1, 2) @ factor[:, :filled]
            filled = 0
    return order, losses


def _costs(blocks: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """[rows, blocks]: what it costs to take a block away, 1/2 w_B ([H^-1]_BB)^-1 w_B."""
    if blocks.shape[2] == 1:
        return (blocks**2 / corners[..., 0])[..., 0] / 2
    return (blocks * np.linalg.solve(corners, blocks[..., None])[..., 0]).sum(axis=2) / 2


def prices(weights: np.ndarray, hessian: np.ndarray, pattern: Pattern) -> np.ndarray:
    """[outputs, inputs]: the loss for which each weight goes; inf where the pattern keeps it.

    A wide layer is traced in parts, in each as if the others could not make up for anything: the time of a trace is
    the cube of its inputs, and that loses less than any ranking without a trace.  What is zero already costs nothing.
    """
    inputs = weights.shape[1]
    group = _group(pattern)
    width = -(-inputs // -(-inputs // WIDE) // group) * group
    parts = [slice(start, min(start + width, inputs)) for start in range(0, inputs, width)]
    traces = [trace(weights[:, part], hessian[part, part], pattern) for part in parts]
    found = [t.prices(part.stop - part.start) for t, part in zip(traces, parts, strict=True)]
    return np.where(weights == 0, 0, np.concatenate(found, axis=1))


def _group(pattern: Pattern) -> int:
    """How many neighbours are looked at together."""
    return pattern.m if isinstance(pattern, NofM) else pattern.size if isinstance(pattern, Blocks) else 1


def solve(weights: np.ndarray, hessian: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The weights within a mask that come closest to what all of `weights` do: least squares, row by row."""
    inverse, wanted = np.linalg.inv(hessian), weights @ hessian
    result = np.zeros_like(weights)
    for row, kept, w, target in zip(result, mask, weights, wanted, strict=True):
        if 2 * kept.sum() < len(kept):
            row[kept] = np.linalg.solve(hessian[np.ix_(kept, kept)], target[kept])
        else:
            missing = np.linalg.solve(inverse[np.ix_(~kept, ~kept)], w[~kept])
            row[kept] = w[kept] - inverse[np.ix_(kept, ~kept)] @ missing
    return result
