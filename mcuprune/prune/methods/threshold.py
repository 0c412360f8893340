"""Thresholds by layer, rounds of pruning and retraining, and dead neurons removed at the end."""

from dataclasses import replace
from typing import Any

from mcuprune.prune import masks, recipe, sensitivity
from mcuprune.prune.backend import keras
from mcuprune.prune.dead import without_dead
from mcuprune.prune.task import Pruned, Task
from mcuprune.prune.train import fit

ABOUT = (
    "Prunes what is below a threshold of q standard deviations, q of each layer from a scan of its sensitivity, and "
    "retrains what is left at a tenth of the learning rate, in rounds (Han et al. 2015, arXiv 1506.02626). Neurons "
    "that nothing reaches or that reach nothing are removed at the end, so layers become smaller, too."
)
UNIT = "weights"
OPTIONS = ("distill",)
ROUNDS = 3
SLOWER = 10  # times, than training from scratch
DECAY = 1e-5  # L2, while the network learns which connections matter, and after each pruning


def prune(model: keras.Model, task: Task) -> Pruned:
    plan = recipe.chosen(model, task, decay=DECAY)
    plan = replace(plan, rate=plan.rate / SLOWER, epochs=max(plan.epochs // (ROUNDS + 1), 1))
    history: list[dict[str, Any]] = fit(model, task, replace(plan, phase="learning connectivity")).history
    before = masks.sparsity(masks.nonzero(model))
    kept = (1 - max(task.sparsity, before)) / (1 - before)
    for number in range(1, ROUNDS + 1):
        sparsity = 1 - (1 - before) * kept ** (number / ROUNDS)
        masks.apply(model, sensitivity.masks(model, task, sparsity))
        history += fit(model, task, replace(plan, phase=f"round {number} of {ROUNDS}")).history
    sparsity = masks.sparsity(masks.nonzero(model))  # of the dense model's weights; those of dead neurons are gone
    model = without_dead(model)
    return Pruned(model, masks.nonzero(model), sparsity, history)
