"""The training half as the pipeline sees it: a Keras model that can be pruned, quantized and compiled, step by step."""

from pathlib import Path

import numpy as np

from mcuprune import budget, ops, prune, quantize, recurrent, samples
from mcuprune.compiled import Compiled, compile_graph, read
from mcuprune.errors import UnsupportedModel
from mcuprune.operand import PORTABLE
from mcuprune.prune import loading, methods, objective, qat, recipe
from mcuprune.prune.backend import predict
from mcuprune.prune.checkpoint import Checkpoints
from mcuprune.prune.interrupt import Interrupt
from mcuprune.prune.task import Pruned, Task
from mcuprune.request import Request, Trained

WITHOUT_DATA = "oneshot-magnitude"
TOLERATED = 0.2  # points that int8 may lose before the network is trained for it


class Trainer:
    """Holds the model as it is now and what happened to it."""

    def __init__(self, model, request: Request, say, progress) -> None:
        self.dense, self.model = model, model
        self.request, self.say, self.progress = request, say, progress
        self.objective = objective.infer(model, request.data) if request.data else None
        self.method: str | None = None
        self.removed = 0.0  # sparsity reached so far
        self.aware = None  # the model with the ranges of int8, where it was trained for int8
        self.interrupt = Interrupt()
        self.checkpoints = Checkpoints.beside(request.output, request.resume, say)
        self.epochs = request.epochs or 1
        self.history: list[dict] = []
        self.dense_score = self.score()

    def score(self) -> float | None:
        """The metric on the test set; None without data."""
        if self.request.data is None or self.objective is None:
            return None
        return prune.evaluate(self.model, self.request.data, self.objective)

    def compile(self, stage: Path) -> Compiled:
        """Quantize the model to stage/model.tflite and compile it in stage, to the smallest program there is."""
        self.stage = stage
        self.say("quantizing to int8")
        calibration = self.request.data.x_train if self.request.data else None
        quantize.quantize(self.aware or self.model, calibration, stage / "model.tflite", seed=self.request.seed)
        self.say(f"compiling {self.request.name} for {self.request.board.name}")
        graph = read(stage / "model.tflite", self.request.name, self.request.stateful or recurrent.stateful(self.model))
        return compile_graph(graph, self.request.board, stage, "size", PORTABLE)

    def fit(self, compiled: Compiled) -> Compiled:
        """Prune as far as the budget demands, by what is known of the image that is too large."""
        if methods.unit(self._method) == "parameters":
            return self.prune(budget.aim_smaller(compiled, self.request, self.removed))
        return self.prune(*budget.aim(compiled, self.request))

    @property
    def _method(self) -> str:
        return self.request.method if self.request.data else WITHOUT_DATA

    def prune(self, sparsity: float, room: int | None = None) -> Compiled:
        """Prune to a sparsity, or to about it so that the weights take `room` bytes.

        Again: from where the last time ended, in a quarter of the epochs.
        """
        request = self.request
        again = self.method is not None
        self.method = self._method
        if not request.data and not again:
            self.say("no --data: pruned once, without fine-tuning, and accuracy is unknown; expect to lose much of it")
        self.say(f"pruning{' a little further,' if again else ''} to a sparsity of {sparsity:.3f} ({self.method})")
        epochs = max(1, self.epochs // 4) if again else request.epochs
        result = prune.prune(
            self.model,
            request.data,
            method=self.method,
            sparsity=sparsity,
            epochs=epochs,
            seed=request.seed,
            options=request.options if request.data else None,
            checkpoints=self.checkpoints,
            interrupt=self.interrupt,
            say=self.say,
            progress=self.progress,
            objective=self.objective,
            teacher=self.dense,
            fits=None if room is None else lambda matrices: budget.weight_bytes(list(matrices.values())) <= room,
        )
        if not again:
            self.epochs = len(result.history)
        self.model, self.removed = result.model, result.sparsity
        self._record(result)
        return self.compile(self.stage)

    def tune(self, compiled: Compiled) -> Compiled:
        """Train for int8 where int8 loses much, and keep that where it helps: both by samples held back."""
        request = self.request
        judged = self.objective is not None and self.objective.metric == "accuracy"
        if self.method is None or request.data is None or not judged or self.interrupt.asked:
            return compiled
        before = self._held_back(compiled)
        lost = 100 * (self._held_back() - before)
        if lost <= TOLERATED:
            return compiled
        self.say(f"int8 loses {lost:.2f} points on samples held back: training for int8")
        task = Task(
            sparsity=self.removed,
            teacher=self.dense,
            data=request.data,
            objective=self.objective,
            epochs=request.epochs,
            seed=request.seed,
            progress=self.progress,
            checkpoints=self.checkpoints,
            interrupt=self.interrupt,
        )
        try:
            with self.interrupt.listening():
                result = qat.fine_tuned(self.model, task)
        except UnsupportedModel as why:
            self.say(f"it stays as it is: {why}")
            return compiled
        self.aware = result.model
        tuned = self.compile(self.stage)
        if self._held_back(tuned) > before and budget.fits_flash(tuned, request):
            self.model = qat.plain(result.model)
            self._record(result)
            return tuned
        self.say("that was no better, and is forgotten")
        self.aware = None
        return self.compile(self.stage)

    def _held_back(self, compiled: Compiled | None = None) -> float:
        """The metric on samples held back from training: of the int8 network, of the float one without."""
        data = self.request.data
        assert data and self.objective
        chosen = recipe.hold_back(len(data.x_train), self.request.seed)[1]
        x, y = data.x_train[chosen], (data.x_train if data.y_train is None else data.y_train)[chosen]
        if compiled is None:
            return self.objective.score(predict(self.model, x), y)
        outputs = ops.run(compiled.graph, samples.quantize(x, compiled.graph.input))
        assert isinstance(outputs, np.ndarray)
        return self.objective.score(samples.dequantize(outputs, compiled.graph.output), y)

    def _record(self, result: Pruned) -> None:
        self.history += [{**record, "epoch": len(self.history) + i} for i, record in enumerate(result.history)]

    def save(self, path: Path) -> None:
        """Write the model; what a killed training left is not needed any more."""
        loading.save(self.model, path)
        if self.interrupt.asked:
            self.say("interrupted: this is made of the best so far; the same command with --resume goes on training")
        else:
            self.checkpoints.remove()

    def trained(self) -> Trained:
        return Trained(
            metric=self.objective.metric if self.objective else None,
            float=self.dense_score,
            pruned=self.score() if self.method else None,
            method=self.method,
            history=tuple(self.history),
        )
