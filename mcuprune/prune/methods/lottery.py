"""Lottery tickets: train, prune the smallest weights, rewind the rest, and again, until few enough are left."""

from dataclasses import replace
from math import ceil, log
from typing import Any

from mcuprune.prune import masks, recipe
from mcuprune.prune.backend import keras
from mcuprune.prune.layers import prunable
from mcuprune.prune.recipe import Recipe
from mcuprune.prune.task import Pruned, Task
from mcuprune.prune.train import fit

ABOUT = (
    "Trains, prunes a fifth of the weights by magnitude and rewinds the rest, again and again: to their first values "
    "(--rewind start), to those after some training (early), or the learning rate alone (rate, the default: Renda et "
    "al. 2020), after Frankle and Carbin 2019, arXiv 1803.03635. It takes a training for each round and is the most "
    "thorough of all."
)
UNIT = "weights"
OPTIONS = ("allocation", "distill", "pattern", "rewind")
REMOVED = 0.2  # of the weights that are left, in each round, where there are epochs for as many rounds
EPOCHS = 4  # of a round, unless asked otherwise
EARLY = 0.5  # epochs' share of a round after which weights are early


def prune(model: keras.Model, task: Task) -> Pruned:
    plan, rewind = recipe.chosen(model, task), task.options.rewind or "rate"
    needed = max(ceil(log(1 - task.sparsity) / log(1 - REMOVED)), 1)
    rounds = min(needed, task.epochs) if task.epochs else needed
    plan = replace(plan, epochs=max(task.epochs // rounds, 1) if task.epochs else EPOCHS)
    history: list[dict[str, Any]] = []
    start = None if rewind == "rate" else _first_weights(model, task, plan, rewind, history)
    for number in range(1, rounds + 1):
        sparsity = 1 - (1 - task.sparsity) ** (number / rounds)
        scores = {name: kernel.numpy() ** 2 for name, kernel in prunable(model)}
        chosen = plan.pattern.masks(scores, sparsity, plan.allocation)
        if start is not None:
            model.set_weights(start)
        masks.apply(model, chosen)
        history += fit(model, task, replace(plan, phase=f"round {number} of {rounds}")).history
    chosen = masks.nonzero(model)
    return Pruned(model, chosen, masks.sparsity(chosen), history)


def _first_weights(model: keras.Model, task: Task, plan: Recipe, rewind: str, history: list) -> list:
    """Initialize the model anew and train it.  The weights to rewind to."""
    model.set_weights(keras.models.clone_model(model).get_weights())
    if rewind == "early":
        early = replace(plan, epochs=max(round(EARLY * plan.epochs), 1), phase="the first steps")
        history += fit(model, task, early).history
    start = model.get_weights()
    history += fit(model, task, replace(plan, phase="the dense network")).history
    return start
