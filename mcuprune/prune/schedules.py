"""Schedules: how sparse the network is at each step of training.  A schedule is a value that is called with a step."""

from dataclasses import dataclass
from math import cos, pi


@dataclass(frozen=True)
class Cubic:
    """Fast at first, when weights are plenty, slow at the end (Zhu and Gupta 2017, arXiv 1710.01878)."""

    final: float  # share of zeros, 0 to 1
    begin: int  # first and last step of the ramp
    end: int
    initial: float = 0.0

    def __call__(self, step: int) -> float:
        return self.final + (self.initial - self.final) * (1 - _progress(step, self.begin, self.end)) ** 3


@dataclass(frozen=True)
class Geometric:
    """The share of weights that are kept falls by the same factor at each step: better than cubic when few stay."""

    final: float
    begin: int
    end: int
    initial: float = 0.0

    def __call__(self, step: int) -> float:
        kept, last = 1 - self.initial, 1 - self.final
        return 1 - kept * (last / kept) ** _progress(step, self.begin, self.end)


Schedule = Cubic | Geometric
SCHEDULES: dict[str, type[Schedule]] = {"cubic": Cubic, "geometric": Geometric}
RANKINGS = 64  # along a ramp; more of them changes nothing (Zhu and Gupta saw the same)


def due(schedule: Schedule, step: int) -> bool:
    """Is it time to rank the weights and prune?"""
    every = max((schedule.end - schedule.begin) // RANKINGS, 1)
    ramp = schedule.begin <= step <= schedule.end
    return ramp and ((step - schedule.begin) % every == 0 or step == schedule.end)


def _progress(step: int, begin: int, end: int) -> float:
    """0 at begin, 1 at end and after."""
    return 1.0 if step >= end else max(step - begin, 0) / max(end - begin, 1)


def one_cycle(step: int, steps: int, peak: float) -> float:
    """Learning rate: a linear warm-up over the first 5 % of the steps, then half a cosine down to 0."""
    warm = max(round(0.05 * steps), 1)
    if step < warm:
        return peak * (step + 1) / warm
    return peak * 0.5 * (1 + cos(pi * (step - warm) / max(steps - warm, 1)))
