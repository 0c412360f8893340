"""mcuprune: prune Keras models until they fit a microcontroller, and run them there.

pruned = mcuprune.prune(model, data, sparsity=0.9)
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "prune":  # a package that can be called
        return import_module("mcuprune.prune")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
