"""The same share of the units of every fully connected or recurrent layer goes."""

from mcuprune.prune.backend import keras
from mcuprune.prune.structured import evenly, shrink
from mcuprune.prune.task import Pruned, Task

ABOUT = (
    "Every fully connected or recurrent layer but the last loses the same share of its units, those with the smallest "
    "weights (Li et al. 2016, arXiv 1608.08710). It is for networks most of whose weights are there; convolutions "
    "stay as they are."
)
UNIT = "parameters"
OPTIONS = ("distill",)


def prune(model: keras.Model, task: Task) -> Pruned:
    return shrink(model, task, evenly("units of inner layers", lambda maker: len(maker.variable.shape) == 2))
