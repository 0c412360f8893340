"""Pruning methods, a file each, named after it.

A method is one function that prunes a model in place:

    prune(model, task) -> (masks, history)
"""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from mcuprune.errors import UsageError

NAMES = sorted(module.name for module in iter_modules(__path__))


def check(name: str) -> None:
    """Refuse a name that is no method, without importing any."""
    if name not in NAMES:
        raise UsageError(f"there is no pruning method {name!r}; there are {', '.join(NAMES)}")


def load(name: str) -> ModuleType:
    check(name)
    return import_module(f"{__name__}.{name}")
