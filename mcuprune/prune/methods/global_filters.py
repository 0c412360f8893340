"""Whole filters and neurons go, the weakest of the network, and the model is trained on without them."""

from mcuprune.prune import ranking
from mcuprune.prune.backend import keras
from mcuprune.prune.structured import lowest, shrink
from mcuprune.prune.task import Pruned, Task

ABOUT = (
    "Whole filters and neurons go, those whose mean weights are the smallest of the network, by one threshold for all "
    "layers (Salama et al. 2019, arXiv 1912.00200). What is left is a smaller dense model, which also takes less RAM "
    "and time."
)
UNIT = "parameters"
OPTIONS = ("distill",)


def prune(model: keras.Model, task: Task) -> Pruned:
    return shrink(model, task, lowest(lambda model, channels: ranking.magnitude(channels)))
