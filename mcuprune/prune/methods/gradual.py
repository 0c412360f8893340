"""Gradual pruning: weights go little by little while the network trains on, the least important first."""

from dataclasses import replace

from mcuprune.prune import masks, recipe
from mcuprune.prune.backend import keras
from mcuprune.prune.patterns import NofM
from mcuprune.prune.schedules import SCHEDULES
from mcuprune.prune.task import Pruned, Task
from mcuprune.prune.train import fit

ABOUT = (
    "Weights go little by little while the network trains on, first many, then few (Zhu and Gupta 2017, arXiv "
    "1710.01878). As in the paper: --allocation uniform --criterion magnitude; by default the weights of all layers, "
    "those of LSTM layers in blocks of four, are ranked together by the rise of the loss that removing them brings "
    "(Optimal Brain Damage), which loses less."
)
UNIT = "weights"
OPTIONS = ("criterion", "allocation", "pattern", "schedule", "shadow", "distill")
RAMP = 0.05, 0.5  # the shares of the training at which the ramp begins and ends
FEW = 0.02  # kept: below this share the ramp is geometric


def prune(model: keras.Model, task: Task) -> Pruned:
    plan = recipe.chosen(model, task, phase="pruning")
    final = plan.pattern.sparsity if isinstance(plan.pattern, NofM) else task.sparsity
    zeros = masks.sparsity(masks.nonzero(model))
    kind = SCHEDULES[task.options.schedule or ("geometric" if 1 - final < FEW else "cubic")]
    steps = plan.epochs * plan.steps(len(recipe.hold_back(len(task.trained()[0].x_train), task.seed)[0]))
    begin, end = (max(round(share * steps), 1) for share in RAMP)
    return fit(model, task, replace(plan, schedule=kind(final, begin, end, initial=min(zeros, final))))
