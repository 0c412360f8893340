"""Progress of a training on stderr: bars on a terminal, a line an epoch elsewhere."""

from time import monotonic
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars


class Progress:
    """What mcuprune.prune.train tells while it trains: phase, epoch, loss, sparsity, metric, time left."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)

    def start(self, phase: str, epochs: int, steps: int) -> None:
        self.phase, self.epochs, self.steps = phase, epochs, steps
        self.began, self.done = monotonic(), 0  # epochs done since then
        self.bars = Bars(
            TextColumn("{task.fields[phase]}  epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(),
            TextColumn("loss {task.fields[loss]:.4f}  sparsity {task.fields[sparsity]:.1%}"),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self.task = self.bars.add_task(
            "", total=epochs * steps, phase=phase, epoch=1, epochs=epochs, loss=0.0, sparsity=0.0
        )
        self.bars.start()

    def step(self, epoch: int, step: int, loss: float, sparsity: float) -> None:
        done = epoch * self.steps + step + 1
        self.bars.update(self.task, completed=done, epoch=epoch + 1, loss=loss, sparsity=sparsity)

    def epoch(self, record: dict[str, Any]) -> None:
        self.done += 1
        minutes, seconds = divmod(round((monotonic() - self.began) / self.done * (self.epochs - record["epoch"])), 60)
        self.console.print(
            f"{self.phase}  epoch {record['epoch']:>{len(str(self.epochs))}}/{self.epochs}  loss {record['loss']:.4f}  "
            f"sparsity {record['sparsity']:.1%}  held back {record['metric']:.4f}  {minutes}:{seconds:02} left",
            highlight=False,
            soft_wrap=True,
        )

    def stop(self) -> None:
        self.bars.stop()
