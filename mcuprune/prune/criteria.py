"""Criteria: how much each weight matters.  Scores are compared across the whole network; the lowest are pruned.

A criterion takes a kernel and the running mean of its squared gradient, which Adam keeps anyway.
"""

import numpy as np


def magnitude(weights: np.ndarray, squared_gradient: np.ndarray) -> np.ndarray:
    """Small weights matter least."""
    return np.abs(weights)


def obd(weights: np.ndarray, squared_gradient: np.ndarray) -> np.ndarray:
    """Rise of the loss when a weight is removed, w^2 E[g^2] (up to a factor): Optimal Brain Damage, LeCun 1990,

    with the Fisher diagonal in place of the Hessian's.
    """
    return np.square(weights) * squared_gradient


CRITERIA = {"magnitude": magnitude, "obd": obd}
