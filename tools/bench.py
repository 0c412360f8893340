"""The benchmark: single layers and the MLPerf Tiny networks at several sparsities, against CMSIS-NN.

Everything runs in QEMU, kernel by kernel, chosen for speed unless said otherwise: instructions are exact, cycles are
estimated.  The tables are printed and written to docs/PERFORMANCE.md, with a plot beside it; what is measured depends
on nothing but the sources, so that a second run changes neither.

    python tools/bench.py [--networks ../shared/models]
"""

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from math import log2
from pathlib import Path

import click
import emulation
import layers
import numpy as np
import plot
from fit import emulated
from rich.console import Console
from rich.markdown import Markdown

from mcuprune import budget, choose, cost, ops, plan, tflite
from mcuprune.compiled import layer_bytes
from mcuprune.encodings import ENCODINGS
from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer

ROOT = Path(__file__).parents[1]
MODELS = Path(os.environ.get("MCUPRUNE_SHARED", ROOT.parent / "shared")) / "models"
BASELINE = tomllib.loads((ROOT / "tools/bench_baseline.toml").read_text(encoding="utf-8"))
SPARSITIES = (0.0, 0.5, 0.75, 0.8, 0.9, 0.95)
CORES = {"cortex-m4": "M4", "cortex-m3": "M3", "cortex-m0": "M0"}
NETWORKS = {
    "kws_ref_model": "Keyword spotting, DS-CNN",
    "pretrainedResnet_quant": "Image classification, ResNet-8",
    "ad01_int8": "Anomaly detection, autoencoder",
}

Build = Callable[..., Graph]  # the layer of a random generator and a sparsity
CONV, DEPTHWISE, DENSE = layers.convolution, layers.depthwise, layers.fully_connected
SPARSE: dict[str, Build] = {
    "1x1 64 -> 64, 25x5": partial(CONV, image=(25, 5, 64), filters=64, kernel=(1, 1)),
    "1x1 128 -> 128, 6x6": partial(CONV, image=(6, 6, 128), filters=128, kernel=(1, 1)),
    "1x1 256 -> 256, 3x3": partial(CONV, image=(3, 3, 256), filters=256, kernel=(1, 1)),
    "3x3 16 -> 16, 32x32": partial(CONV, image=(32, 32, 16), filters=16),
    "3x3 32 -> 32, 16x16": partial(CONV, image=(16, 16, 32), filters=32),
    "3x3 64 -> 64, 8x8": partial(CONV, image=(8, 8, 64), filters=64),
    "fully connected 640 -> 128": partial(DENSE, inputs=640, rows=128),
    "fully connected 128 -> 128": partial(DENSE, inputs=128, rows=128),
    "fully connected 128 -> 8": partial(DENSE, inputs=128, rows=8),
    "fully connected 1024 -> 10": partial(DENSE, inputs=1024, rows=10),
}
FULL: dict[str, Build] = {
    "depthwise 3x3 64, 25x5": partial(DEPTHWISE, image=(25, 5, 64)),
    "depthwise 3x3 8, 48x48": partial(DEPTHWISE, image=(48, 48, 8)),
    "depthwise 3x3 32, 24x24": partial(DEPTHWISE, image=(24, 24, 32)),
    "depthwise 3x3 64, 12x12": partial(DEPTHWISE, image=(12, 12, 64)),
    "depthwise 3x3 128, 6x6": partial(DEPTHWISE, image=(6, 6, 128)),
    "depthwise 3x3 16, 48x48, stride 2": partial(DEPTHWISE, image=(48, 48, 16), stride=2),
    "depthwise 3x3 32, 24x24, stride 2": partial(DEPTHWISE, image=(24, 24, 32), stride=2),
    "depthwise 3x3 64, 12x12, stride 2": partial(DEPTHWISE, image=(12, 12, 64), stride=2),
    "depthwise 3x1 32, 128x1": partial(DEPTHWISE, image=(128, 1, 32), kernel=(3, 1)),
    "depthwise 9x1 32, 128x1": partial(DEPTHWISE, image=(128, 1, 32), kernel=(9, 1)),
    "10x4 1 -> 64, 49x10, stride 2": partial(CONV, image=(49, 10, 1), filters=64, kernel=(10, 4), stride=2),
    "3x3 3 -> 8, 96x96, stride 2": partial(CONV, image=(96, 96, 3), filters=8, stride=2),
    "3x3 3 -> 16, 96x96, stride 2": partial(CONV, image=(96, 96, 3), filters=16, stride=2),
    "3x3 3 -> 16, 32x32": partial(CONV, image=(32, 32, 3), filters=16),
    "add 16x16x32": lambda _: layers.pair("add", (16, 16, 32)),
    "add 16x16x32, equal scales": lambda _: layers.pair("add", (16, 16, 32), (0.05, 0.05)),
    "mul 16x16x32": lambda _: layers.pair("mul", (16, 16, 32)),
    "softmax 12": lambda _: layers.softmax(1, 12),
    "average pool 25x5 64": lambda _: layers.pool("average", (25, 5, 64), (25, 5), 1),
    "max pool 8x8 64": lambda _: layers.pool("max", (8, 8, 64), (8, 8), 1),
    "max pool 2x2 32, 16x16, stride 2": lambda _: layers.pool("max", (16, 16, 32), (2, 2), 2),
}


@dataclass(frozen=True)
class Row:
    """A layer or a network as it was measured."""

    name: str
    kernel: str
    sparsity: float  # wanted, of what is pruned
    instructions: int
    cycles: int
    predicted: float
    constants: int  # bytes of weights, indices and tables
    weights: int  # bytes of weights and indices of what is pruned
    bound: float  # bytes: the entropy of what is pruned
    arena: int  # bytes


def bound(weights: np.ndarray) -> float:
    """Bytes that weights take at least: where they are, H(s) bits each, and eight bits each that is not zero."""
    s = 1 - np.count_nonzero(weights) / weights.size
    places = sum(-p * log2(p) for p in (s, 1 - s) if p > 0)
    return weights.size * (places + 8 * (1 - s)) / 8


def single_layers() -> tuple[list[Row], list[Row]]:
    """(the sparse ones at every sparsity, the dense ones) on Cortex-M4."""
    graphs = [(n, s, build(np.random.default_rng(0), sparsity=s)) for n, build in SPARSE.items() for s in SPARSITIES]
    graphs += [(name, 0.0, build(np.random.default_rng(0))) for name, build in FULL.items()]
    target = emulated("cortex-m4")
    chosen = [(graph, *choose.layers(graph, target, "speed")) for _, _, graph in graphs]
    counted = emulation.measure(chosen, target)
    rows = [
        _row(name, sparsity, graph, [layer], [count], "cortex-m4", graph.ops)
        for (name, sparsity, _), (graph, layer), count in zip(graphs, chosen, counted, strict=True)
    ]
    sparse = len(SPARSE) * len(SPARSITIES)
    return rows[:sparse], rows[sparse:]


def network(path: Path, cpu: str, goal: str) -> list[Row]:
    """A network at every sparsity; one of fully connected layers also in blocks of 1x4.

    The layers that a mask does not change are measured once.
    """
    dense, target = replace(tflite.read(path), name=path.stem), emulated(cpu)
    variants = [(s, prune(dense, s)) for s in SPARSITIES]
    if "b4" in ENCODINGS and all(op.kind == "fully_connected" for op in budget.prunable(dense)):
        variants.append((0.9, prune(dense, 0.9, block=4)))
    chosen = [(graph, layer) for _, graph in variants for layer in choose.layers(graph, target, goal)]
    different = {_fingerprint(layer): (graph, layer) for graph, layer in chosen}
    counts = dict(zip(different, emulation.measure(list(different.values()), target), strict=True))
    rows, length = [], len(dense.ops)
    for i, (sparsity, graph) in enumerate(variants):
        own = [layer for _, layer in chosen[i * length : (i + 1) * length]]
        counted = [counts[_fingerprint(layer)] for layer in own]
        name = path.stem + (" in blocks of 1x4" if i >= len(SPARSITIES) else "")
        rows.append(_row(name, sparsity, graph, own, counted, cpu, budget.prunable(graph)))
    return rows


def prune(graph: Graph, sparsity: float, block: int = 1) -> Graph:
    """The smallest weights of each prunable layer set to zero, or blocks of that many inputs with the smallest sum."""
    random, tensors = np.random.default_rng(0), list(graph.tensors)
    for op in budget.prunable(graph):
        tensor = tensors[op.inputs[1]]
        flat = tensor.values.reshape(tensor.shape[0], -1)
        real = np.abs(flat.astype(float) * tensor.scale.reshape(-1, 1)).reshape(-1, block).sum(axis=1)
        smallest = np.lexsort((random.random(real.size), real))[: round(sparsity * real.size)]  # ties by chance
        values = flat.reshape(-1, block).copy()
        values[smallest] = 0
        tensors[op.inputs[1]] = replace(tensor, data=values.reshape(tensor.shape))
    return replace(graph, tensors=tuple(tensors))


def _fingerprint(layer: Layer) -> tuple:
    """Layers that are alike take the same cycles."""
    stream = layer.encoded.stream.tobytes() if layer.encoded else b""
    return layer.op.name, stream, *((call.function, *sorted(call.work.items())) for call in layer.calls)


def _row(name: str, sparsity: float, graph: Graph, chosen: Sequence[Layer], counts: Sequence[tuple[int, int]],
         cpu: str, pruned: Sequence[Op]) -> Row:  # fmt: skip
    weighty = [layer for layer in chosen if layer.op in pruned and hasattr(ops.OPS[layer.op.kind], "weights")]
    predictions = [cost.cycles(layer, cpu) for layer in chosen]
    return Row(
        name,
        (choose.identity(chosen[0])[0] or "").removeprefix("mcup_").removesuffix("_s8"),
        sparsity,
        sum(instructions for instructions, _ in counts),
        sum(cycles for _, cycles in counts),
        float("nan") if None in predictions else sum(p or 0.0 for p in predictions),
        sum(map(choose.constant_bytes, chosen)),
        sum(sum(layer_bytes(layer)) for layer in weighty),
        sum(bound(ops.OPS[layer.op.kind].weights(graph, layer.op)) for layer in weighty),
        plan.plan(graph, chosen).size,
    )


# --- the text --------------------------------------------------------------------------------------------------------


INTRODUCTION = """\
# Performance

Written by `make bench`, from runs of the kernels in QEMU. Instructions are exact. Cycles are estimated from them by a
timing model ([cycles.py](../mcuprune/cycles.py)), memory without wait states: good for comparing two programs, not
for the milliseconds of one. Everything is bit-exact with TensorFlow Lite, as the tests see to.

The opponent is {opponent}, dense. Its figures, by the same
count and as good as the same model, are in [bench_baseline.toml](../tools/bench_baseline.toml): whole inferences for
networks, kernels alone for layers. Ours are the sums of kernels. *Bound* is the entropy of the weights: H(s) bits each
for where the zeros are, and 8 bits each that is not zero. Indices are counted wherever bytes are. *Predicted* is how
far the cost model ([costs.toml](../mcuprune/costs.toml)) is from what was measured.

![Speed-up against sparsity on Cortex-M4](performance.svg)
"""


def document(
    sparse: Sequence[Row],
    dense: Sequence[Row],
    nets: Mapping[tuple[str, str, str], Sequence[Row]],
    stacks: Mapping[str, Mapping[str, int]],
) -> str:
    """stacks: core -> kernel -> bytes"""
    lines = [INTRODUCTION.format(opponent=BASELINE["opponent"])]
    lines += ["## Networks", "", _NETWORKS_TEXT]
    for name, title in NETWORKS.items():
        lines += [f"### {title} (`{name}`)", "", *_network_table(name, nets), ""]
    lines += ["## Layers with sparse weights, Cortex-M4", "", *_sparse_table(sparse), ""]
    lines += ["## Layers with all their weights, and those without, Cortex-M4", "", *_dense_table(dense), ""]
    lines += ["## Stack of kernels", "", _STACK_TEXT.format(limit=emulation.STACK_LIMIT), *_stack_table(stacks), ""]
    return "\n".join(lines)


_NETWORKS_TEXT = """\
The smallest weights of each layer are set to zero; depthwise layers and the first convolution stay as they are. The
instructions and cycles are those of kernels chosen for speed, in millions; in brackets, how many times faster than the
opponent. Bytes are all constants of the model and, of RAM, its arena: chosen for speed, and for size with what that
takes on Cortex-M4. Blocks of zeros need fewer bits than the bound, which is that of zeros anywhere.
"""


_STACK_TEXT = """\
Bytes that a kernel and all that it calls take of the stack, at most: the stack is painted, the kernel run on a few
random layers, and the paint that is left is counted. A test sees to it that none takes more than {limit}.
"""


def _network_table(name: str, nets: Mapping[tuple[str, str, str], Sequence[Row]]) -> Iterator[str]:
    cores = (f"{core} cycles" for core in CORES.values())
    yield from _head("zeros", "M4 instructions", *cores, "predicted", "bytes", "arena",
                     "for size: bytes", "arena", "M4 cycles", "weights / bound")  # fmt: skip
    opponent = BASELINE["networks"][name]
    first = opponent["cortex-m4"]
    theirs = (f"{opponent[cpu]['cycles'] / 1e6:.2f}" for cpu in CORES)
    yield _line("CMSIS-NN", f"{first['instructions'] / 1e6:.2f}", *theirs, *[""] * 7)
    for i, row in enumerate(nets[name, "cortex-m4", "speed"]):
        cycles = [nets[name, cpu, "speed"][i].cycles for cpu in CORES]
        times = [f"{c / 1e6:.2f} ({opponent[cpu]['cycles'] / c:.1f}x)" for cpu, c in zip(CORES, cycles, strict=True)]
        small = nets[name, "cortex-m4", "size"][i]
        zeros = f"{100 * row.sparsity:.0f} %{row.name.removeprefix(name)}"
        yield _line(zeros, f"{row.instructions / 1e6:.2f}", *times, _error(row), f"{row.constants:,}", f"{row.arena:,}",
                    f"{small.constants:,}", f"{small.arena:,}", f"{small.cycles / 1e6:.2f}",
                    f"{small.weights / small.bound:.2f}")  # fmt: skip


def _sparse_table(rows: Sequence[Row]) -> Iterator[str]:
    yield from _head(
        "layer", "zeros", "kernel", "instructions", "cycles", "predicted", "speed-up", "weights", "/ bound"
    )
    for row in rows:
        yield _line(row.name, f"{100 * row.sparsity:.0f} %", row.kernel, f"{row.instructions:,}", f"{row.cycles:,}",
                    _error(row), f"{speed_up(row):.2f}x", f"{row.weights:,}",
                    f"{row.weights / row.bound:.2f}")  # fmt: skip


def _dense_table(rows: Sequence[Row]) -> Iterator[str]:
    yield from _head("layer", "kernel", "instructions", "cycles", "predicted", "speed-up", "constants")
    for row in rows:
        yield _line(row.name, row.kernel, f"{row.instructions:,}", f"{row.cycles:,}", _error(row),
                    f"{speed_up(row):.2f}x", f"{row.constants:,}")  # fmt: skip


def _stack_table(stacks: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    yield from _head("kernel", *CORES.values())
    for function in sorted({function for used in stacks.values() for function in used}):
        name = function.removeprefix("mcup_").removesuffix("_s8")
        yield _line(name, *(str(used.get(function, "")) for used in stacks.values()))


def _error(row: Row) -> str:
    """How far the prediction is from what was measured: '+0.3 %'."""
    percent = round(100 * (row.predicted / row.cycles - 1), 1)
    return "-" if np.isnan(percent) else f"{percent + 0.0:+.1f} %"  # a sum is never -0.0


def speed_up(row: Row) -> float:
    return BASELINE["layers"][row.name]["cycles"] / row.cycles


def _head(*names: str) -> list[str]:
    return [_line(*names), _line(*("---" if i == 0 else "---:" for i in range(len(names))))]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


# --- the run ---------------------------------------------------------------------------------------------------------


def curves(sparse: Sequence[Row], nets: Mapping[tuple[str, str, str], Sequence[Row]]) -> list[plot.Panel]:
    """The speed-ups on Cortex-M4."""
    of_layers = {
        name: [(row.sparsity, speed_up(row)) for row in sparse if row.name == name]
        for name in list(SPARSE)[:-2]
    }  # fmt: skip
    of_networks = {
        title: [(r.sparsity, BASELINE["networks"][name]["cortex-m4"]["cycles"] / r.cycles)
                for r in nets[name, "cortex-m4", "speed"][: len(SPARSITIES)]]
        for name, title in NETWORKS.items()
    }  # fmt: skip
    times = "times as fast as CMSIS-NN"
    return [plot.Panel(f"Networks, {times}", of_networks), plot.Panel(f"Layers, {times}", of_layers)]


@click.command()
@click.option("--networks", type=click.Path(path_type=Path), default=MODELS, help="the folder of MLPerf Tiny's files")
def main(networks: Path) -> None:
    console = Console(width=180)
    present = all((networks / f"{name}.tflite").exists() for name in NETWORKS)
    goals = [(cpu, "speed") for cpu in CORES] + [("cortex-m4", "size")]
    with ProcessPoolExecutor() as pool:
        of_layers = pool.submit(single_layers)
        of_stacks = {cpu: pool.submit(emulation.stacks, emulated(cpu)) for cpu in CORES}
        runs = {
            (name, cpu, goal): pool.submit(network, networks / f"{name}.tflite", cpu, goal)
            for name in (NETWORKS if present else ())
            for cpu, goal in goals
        }
        sparse, dense = of_layers.result()
        nets = {key: run.result() for key, run in runs.items()}
        stacks = {cpu: run.result() for cpu, run in of_stacks.items()}
    if not present:
        tables = _sparse_table(sparse), _dense_table(dense), _stack_table(stacks)
        console.print(Markdown("\n\n".join("\n".join(table) for table in tables)))
        console.print(f"{networks} holds no MLPerf Tiny networks, so docs/PERFORMANCE.md stays as it is.")
        return
    text = document(sparse, dense, nets, stacks)
    console.print(Markdown(text))
    (ROOT / "docs/PERFORMANCE.md").write_text(text, encoding="utf-8")
    (ROOT / "docs/performance.svg").write_text(plot.svg(curves(sparse, nets)), encoding="utf-8")


if __name__ == "__main__":
    main()
