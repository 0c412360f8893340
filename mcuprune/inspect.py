"""The layers of a Keras model, an int8 .tflite or a build, as a table."""

import sys
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from mcuprune import report, report_text
from mcuprune.errors import UsageError
from mcuprune.sizes import format_size

WIDTH = 200  # columns where nobody's terminal says otherwise: nothing is cut off


def show(target: Path) -> None:
    """Print the layers: shape, weights, sparsity, encoding, bytes."""
    if target.is_dir():
        if not (target / "report.json").is_file():
            raise UsageError(f"{target} is not the output of a build: it has no report.json")
        report_text.show(report.load(target / "report.json"), file=sys.stdout)
    elif target.suffix == ".tflite":
        _print(["layer", "operator", "output", "MACs", "weights", "sparsity", "encoding", "bytes"], _int8(target))
        _rewrites(target)
    else:
        _print(["layer", "class", "output", "weights", "sparsity"], _keras(target))


def _int8(path: Path) -> list[list[str]]:
    from mcuprune import board, choose
    from mcuprune.compiled import dense_weight_bytes, layer_bytes, read

    graph = read(path, "model")
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
    console = Console(file=sys.stdout)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(table)
