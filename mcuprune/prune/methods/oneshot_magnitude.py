"""Pruning at once, by magnitude, and training nothing."""

from mcuprune.prune import masks, patterns
from mcuprune.prune.backend import keras
from mcuprune.prune.layers import prunable
from mcuprune.prune.task import Pruned, Task

ABOUT = (
    "The smallest weights go at once, and nothing is trained. It needs no data, and loses far more accuracy than any "
    "other method: what they are measured against (Han et al. 2015, arXiv 1506.02626)."
)
UNIT = "weights"
OPTIONS = ("allocation", "pattern")


def prune(model: keras.Model, task: Task) -> Pruned:
    scores = {name: kernel.numpy() ** 2 for name, kernel in prunable(model)}
    pattern, allocation = patterns.chosen(task.options.pattern, model), task.options.allocation or "global"
    chosen = pattern.masks(scores, task.sparsity, allocation)
    masks.apply(model, chosen)
    return Pruned(model, chosen, masks.sparsity(chosen))
