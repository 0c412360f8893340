"""The training half as the pipeline sees it: a Keras model that can be pruned, quantized and compiled, step by step."""

from pathlib import Path

from mcuprune import budget, prune, quantize, recurrent
from mcuprune.compiled import Compiled, compile_graph, read
from mcuprune.operand import PORTABLE
from mcuprune.prune import loading, objective
from mcuprune.prune.checkpoint import Checkpoints
from mcuprune.prune.interrupt import Interrupt
from mcuprune.request import Request, Trained


class Trainer:
    """Holds the model as it is now and what happened to it."""

    def __init__(self, model, request: Request, say, progress) -> None:
        self.dense, self.model = model, model
        self.request, self.say, self.progress = request, say, progress
        self.objective = objective.infer(model, request.data) if request.data else None
        self.method: str | None = None
        self.interrupt = Interrupt()
        self.checkpoints = Checkpoints(request.output.with_name(f"{request.output.name}.checkpoints"), request.resume)
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
        quantize.quantize(self.model, calibration, stage / "model.tflite", seed=self.request.seed)
        self.say(f"compiling {self.request.name} for {self.request.board.name}")
        graph = read(stage / "model.tflite", self.request.name, self.request.stateful or recurrent.stateful(self.model))
        return compile_graph(graph, self.request.board, stage, "size", PORTABLE)

    def prune(self, sparsity: float, room: int | None = None) -> Compiled:
        """Prune to a sparsity, or to about it so that the weights take `room` bytes.

        Again: from where the last time ended, in a quarter of the epochs.
        """
        request = self.request
        again = self.method is not None
        self.method = request.method if request.data else "oneshot-magnitude"
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
        self.model = result.model
        self.history += [{**record, "epoch": len(self.history) + i} for i, record in enumerate(result.history)]
        return self.compile(self.stage)

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
