"""The layers of a Keras model, an int8 .tflite or a build, as a table; and how the last two use their RAM."""

import sys
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mcuprune import report, report_text
from mcuprune.errors import UsageError
from mcuprune.sizes import format_size

WIDTH = 200  # columns where nobody's terminal says otherwise: nothing is cut off


def show(target: Path) -> None:
    """Print the layers: shape, weights, sparsity, encoding, bytes."""
    if not target.exists():
        raise UsageError(f"{target} does not exist.")
    if target.is_dir():
        if not (target / "report.json").is_file():
            raise UsageError(f"{target} is not the output of a build: it has no report.json")
        report_text.show(report.load(target / "report.json"), file=sys.stdout)
    elif target.suffix == ".tflite":
        _print(["layer", "operator", "output", "MACs", "weights", "sparsity", "encoding", "bytes"], _int8(target))
        _rewrites(target)
    else:
        _print(["layer", "class", "output", "weights", "sparsity"], _keras(target))


def memory(target: Path, board_name: str | None) -> None:
    """Print where everything lies in the arena: a line for each layer, what is alive while it runs from left to right.

    board_name: the board to choose kernels for, where the target is a .tflite.
    """
    from mcuprune import board, choose, plan, stages
    from mcuprune.compiled import read
    from mcuprune.rewrite import rewrite

    if target.is_dir():
        compiled, _ = stages.load(target)
        graph, layers, arena = compiled.graph, compiled.layers, compiled.plan
        if board_name and board.load(board_name).name != compiled.board.name:
            raise UsageError(
                f"{target} was built for {compiled.board.name}; --board is for models that were not built."
            )
        board_name = compiled.board.name
    elif target.suffix == ".tflite":
        board_name = board.load(board_name or "stm32f405").name
        graph = rewrite(read(target, "model")).graph
        layers = tuple(choose.layers(graph, board.load(board_name)))
        arena = plan.plan(graph, layers)
    else:
        raise UsageError(f"{target} has no memory plan yet: it is planned for int8. Quantize it, or build it, first.")
    alive = plan.needs(graph, layers)
    names = max(len(layer.op.name) for layer in layers)
    rows = [f"{layer.op.name:<{names}}  {size:>9,}" for layer, size in zip(layers, alive, strict=True)]
    console = _console()
    console.print(f"Arena of {arena.size:,} bytes on {board_name}; beside each layer, the bytes alive while it runs")
    wall = arena.wall.at if arena.wall else None
    if arena.wall:
        below, beyond = f"{arena.wall.at:,} bytes in RAM", f"{arena.beyond:,} in {arena.wall.region}"
        console.print(f"{report_text.WALL} stands between {below} and {beyond}")
    for line in report_text.draw_plan(arena.slots, rows, arena.size, console.width, wall):
        console.print(Text(line), no_wrap=True, overflow="crop")
    most = alive.index(max(alive))
    parts = [f"{s.name} {s.size:,}" for s in arena.slots if s.first <= most <= s.last]
    console.print(f"{layers[most].op.name} needs the most: {', '.join(parts)}. Input and output are the caller's.")


def _int8(path: Path) -> list[list[str]]:
    from mcuprune import board, choose, loops
    from mcuprune.compiled import dense_weight_bytes, layer_bytes, read

    graph = loops.spread(loops.roll(read(path, "model")))
    layers = choose.layers(graph, board.load("stm32f405"), "size")
    rows = []
    for layer in layers:
        weights, indices = layer_bytes(layer)
        dense = dense_weight_bytes(layer)
        zeros = 1 - layer.nonzero_macs / layer.macs if layer.macs else None
        rows.append(
            [
                layer.op.name,
                layer.op.kind.upper(),
                _shape(graph.results(layer.op)[0].shape[1:]),
                f"{layer.macs:,}" if layer.macs else "",
                f"{dense:,}" if dense else "",
                f"{zeros:.3f}" if zeros is not None else "",
                layer.encoded.encoding if layer.encoded else "",
                format_size(weights + indices) if weights else "",
            ]
        )
    return rows


def _rewrites(path: Path) -> None:
    from mcuprune.compiled import read
    from mcuprune.rewrite import rewrite

    if removed := rewrite(read(path, "model")).rewrites:
        sys.stdout.write("\n" + report_text.rewrites(removed) + "\n")


def _keras(path: Path) -> list[list[str]]:
    from mcuprune.prune import loading

    rows = []
    for layer in loading.load(path).layers:
        weights = [np.asarray(w) for w in layer.weights]
        count = sum(w.size for w in weights)
        kernels = [w for w in weights if w.ndim > 1]
        total = sum(w.size for w in kernels)
        zeros = 1 - sum(np.count_nonzero(w) for w in kernels) / total if total else None
        shape = layer.output.shape[1:] if hasattr(layer.output, "shape") else ()
        rows.append(
            [
                layer.name,
                type(layer).__name__,
                _shape(shape),
                f"{count:,}" if count else "",
                f"{zeros:.3f}" if zeros is not None else "",
            ]
        )
    return rows


def _shape(shape) -> str:
    return " x ".join(map(str, shape))


def _print(head: list[str], rows: list[list[str]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for i, title in enumerate(head):
        table.add_column(title, justify="left" if i < 3 else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    _console().print(table)


def _console() -> Console:
    console = Console(file=sys.stdout, markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = WIDTH
    return console
