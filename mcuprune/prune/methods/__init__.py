"""Pruning methods, a file each, named after it.

A method has

    ABOUT                       two sentences: what it does, what it is good for, and the paper
    OPTIONS                     names of the fields of task.Options that it knows
    UNIT                        'weights' where single weights become zero, 'parameters' where whole channels or layers
                                go: what a sparsity is a share of
    prune(model, task)          -> Pruned; the model is a copy that it may change, and need not be the one it returns
"""

import ast
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from mcuprune.errors import UsageError

NAMES = sorted(module.name.replace("_", "-") for module in iter_modules(__path__))


def check(name: str) -> None:
    """Refuse a name that is no method, without importing any."""
    if name.replace("_", "-") not in NAMES:
        raise UsageError(f"there is no pruning method {name!r}; there are {', '.join(NAMES)}")


def load(name: str) -> ModuleType:
    """The method; imports TensorFlow."""
    check(name)
    return import_module(f"{__name__}.{_stem(name)}")


def about(name: str) -> str:
    return _constant(name, "ABOUT")


def unit(name: str) -> str:
    return _constant(name, "UNIT")


def options(name: str) -> tuple[str, ...]:
    return _constant(name, "OPTIONS")


def _constant(name: str, wanted: str) -> Any:
    """A constant of a method's file, read without running it: that would take seconds, and TensorFlow."""
    check(name)
    tree = ast.parse((Path(__file__).parent / f"{_stem(name)}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == [wanted]:
            return ast.literal_eval(node.value)
    raise AssertionError(f"{name} has no {wanted}")


def _stem(name: str) -> str:
    return name.replace("-", "_")
