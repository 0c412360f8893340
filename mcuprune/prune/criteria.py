"""Criteria: how much each weight matters, in units of squared weights.  The lowest scores are pruned.

A criterion takes a kernel and the running means of its gradient and squared gradient, which Adam keeps anyway.
"""

from collections.abc import Callable

import numpy as np

Criterion = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def magnitude(weights: np.ndarray, gradient: np.ndarray, squared_gradient: np.ndarray) -> np.ndarray:
    """Small weights matter least."""
    return np.square(weights)


def obd(weights: np.ndarray, gradient: np.ndarray, squared_gradient: np.ndarray) -> np.ndarray:
    """Rise of the loss when a weight is removed, w^2 E[g^2] (up to a factor): Optimal Brain Damage, LeCun 1990,

    with the Fisher diagonal in place of the Hessian's.
    """
    return np.square(weights) * squared_gradient


def taylor(weights: np.ndarray, gradient: np.ndarray, squared_gradient: np.ndarray) -> np.ndarray:
    """The same to first order, (w E[g])^2: Molchanov 2016, arXiv 1611.06440."""
    return np.square(weights * gradient)


CRITERIA: dict[str, Criterion] = {"magnitude": magnitude, "obd": obd, "taylor": taylor}
