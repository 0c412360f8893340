"""More ways to compute an operator than its `ops` module knows: one file each, with a C kernel of the same stem.

A module offers

    OP                              the kind of operator it computes, such as 'conv_2d'
    lower(graph, op, isas)          -> Layer, or None where the kernel cannot or need not be used: shapes it does not
                                    suit, ranges it would overflow, instruction sets it has no fast version for
    frugal(graph, op, isas)         -> [Layer], only where it has them: the same with less scratch, and slower; asked
                                    for where lower gives a Layer

`mcuprune.choose` weighs what they give against the operator's own `lower`, by bytes and predicted cycles.
"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import mcuprune.ops  # noqa: F401  the operators first: kernels build on them

KERNELS: Mapping[str, ModuleType] = {m.name: import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__)}
