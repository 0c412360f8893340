"""Whole layers and residual blocks go, those that the network misses least."""

from collections.abc import Iterator

import numpy as np

from mcuprune.errors import UsageError
from mcuprune.prune import recipe
from mcuprune.prune.backend import keras, predict
from mcuprune.prune.network import Call, run
from mcuprune.prune.objective import targets
from mcuprune.prune.recovery import recalibrate
from mcuprune.prune.structured import finished, trained
from mcuprune.prune.surgery import without
from mcuprune.prune.task import Pruned, Task

ABOUT = (
    "Whole layers and branches of residual blocks go, one after the other, each time the one whose loss the network "
    "feels least for its parameters, on samples held back from training (Chen and Zhao 2018, Shallowing Deep "
    "Networks, IEEE TPAMI). It makes deep networks shallower, and their activations stay as wide as they are."
)
UNIT = "parameters"
OPTIONS = ("distill",)
JUDGES = 1000  # samples at most


def prune(model: keras.Model, task: Task) -> Pruned:
    dense = task.teacher.count_params()
    wanted = int(dense * (1 - task.sparsity))
    while (now := model.count_params()) > wanted:
        shorter = [(name, small) for name, small in _shorter(model) if small.count_params() < now]
        if not shorter:
            raise UsageError(
                f"no other layer can go: {now:,} of {dense:,} parameters are left, {wanted:,} are wanted, and only "
                "layers and branches whose output has the shape of their input can go; ask for a lower sparsity"
            )
        losses = [_loss(small, task) for _, small in shorter]
        before = _loss(model, task)
        prices = [
            (loss - before) / (now - max(small.count_params(), wanted))
            for loss, (_, small) in zip(losses, shorter, strict=True)
        ]
        name, model = shorter[int(np.argmin(prices))]
        task.say(f"{name} goes; {model.count_params():,} of {dense:,} parameters are left")
    return finished(model, task, trained(model, task, recipe.chosen(model, task).epochs))


def _shorter(model: keras.Model) -> Iterator[tuple[str, keras.Model]]:
    """(what goes, the model without it), for all that may go."""
    calls: list[Call] = []

    def visit(call: Call) -> list:
        calls.append(call)
        return list(call.shapes)

    run(model, list(model.inputs), visit)
    for call in calls:
        kind = type(call.layer).__name__
        for i, shape in enumerate(call.shapes_in):
            if shape == call.shapes[0] and len(call.shapes_in) > 1 and kind in ("Add", "Average", "Maximum"):
                yield f"all that {call.name} adds to its input {i + 1}", without(model, {call.name: i})
            elif [shape] == call.shapes and any(len(w.shape) > 1 for w in getattr(call.layer, "weights", ())):
                yield call.name, without(model, {call.name: 0})


def _loss(model: keras.Model, task: Task) -> float:
    data, objective = task.trained()
    recalibrate(model, data.x_train, task.seed)
    _, judges = recipe.hold_back(len(data.x_train), task.seed)
    judges = judges[:JUDGES]
    y = targets(objective, data.x_train, data.y_train, model)
    return float(objective.loss(y[judges], predict(model, data.x_train[judges])))
