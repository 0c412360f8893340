"""The same share of the filters of every convolution goes."""

from mcuprune.prune.backend import keras
from mcuprune.prune.structured import evenly, shrink
from mcuprune.prune.task import Pruned, Task

ABOUT = (
    "Every convolution loses the same share of its filters, those with the smallest weights (Li et al. 2016, arXiv "
    "1608.08710). All activations become smaller alike, which is what saves RAM and cycles most surely."
)
UNIT = "parameters"
OPTIONS = ("distill",)


def prune(model: keras.Model, task: Task) -> Pruned:
    return shrink(model, task, evenly("filters of convolutions", lambda maker: len(maker.variable.shape) > 2))
