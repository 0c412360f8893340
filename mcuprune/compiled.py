"""The compiling half as one step: an int8 .tflite becomes a linked program for a board."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path

import numpy as np

from mcuprune import choose, declare, link, plan, project, stack, tflite
from mcuprune.board import Board
from mcuprune.errors import UsageError
from mcuprune.graph import Graph
from mcuprune.layer import Layer
from mcuprune.report import Rewrite
from mcuprune.rewrite import rewrite
from mcuprune.runners import uf2


@dataclass(frozen=True)
class Compiled:
    """A network as a program.  Files lie in `folder`: src/ and the images."""

    graph: Graph  # as it is compiled: after the lossless passes
    layers: tuple[Layer, ...]
    plan: plan.Plan
    board: Board
    folder: Path
    firmware: link.Firmware  # the test harness with the model: what the report's sizes are of
    production: link.Firmware  # what is flashed
    original: Graph  # as the file has it
    rewrites: tuple[Rewrite, ...]  # what became of one to make the other

    @property
    def tflite(self) -> Path:
        return self.folder / "model.tflite"

    @property
    def src(self) -> Path:
        return self.folder / "src"

    @property
    def flash_bytes(self) -> int:
        """Of the larger of the two images: both must fit."""
        return max(self.firmware.flash_bytes, self.production.flash_bytes)

    @property
    def static_bytes(self) -> int:
        return max(self.firmware.static_bytes, self.production.static_bytes)

    @property
    def linked(self) -> bool:
        """Whether there are images: the linker knows the board's memory."""
        return self.firmware.fits and self.production.fits

    @cached_property
    def stack_bytes(self) -> int:
        """That either image takes at most; where there is none, what the linker wants to be left."""
        images = (self.firmware, self.production) if self.linked else ()
        return max((stack.deepest(image.elf) for image in images), default=link.STACK)

    @property
    def function(self) -> str:
        """The C function that runs one inference."""
        return f"{declare.c_name(self.graph.name)}_invoke"

    @property
    def emulator(self) -> Path:
        """The harness at the addresses of an emulated machine: the firmware itself where QEMU models the board."""
        return self.firmware.elf if self.board.qemu else self.folder / "emulator.elf"

    @property
    def calls(self) -> list[int]:
        """The calls of kernels in the order in which they run, counted as they stand in that function."""
        first = list(accumulate((len(layer.calls) for layer in self.layers), initial=0))
        return [call for position, _ in self.graph.schedule() for call in range(first[position], first[position + 1])]

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers)


def read(path: Path, name: str, stateful: bool = False) -> Graph:
    """The network of a .tflite.  stateful: what its operators keep lives on from one inference to the next."""
    graph = tflite.read(path)
    if stateful:
        graph = _keeping(graph, path)
    return replace(graph, name=name)


def _keeping(graph: Graph, path: Path) -> Graph:
    kept = [replace(op, attrs={**op.attrs, "stateful": True}) if "variables" in op.attrs else op for op in graph.ops]
    if not any("variables" in op.attrs for op in kept):
        raise UsageError(f"{path} keeps nothing between inferences: --stateful is for networks with LSTM layers.")
    return replace(graph, ops=tuple(kept))


def compile_graph(
    graph: Graph,
    board: Board,
    folder: Path,
    goal: str | int = "size",
    isas: Sequence[str] | None = None,
    arena: int | None = None,
    wall: plan.Wall | None = None,
) -> Compiled:
    """Rewrite, choose kernels, plan memory, write folder/src and link the images into folder.

    graph: as it was read.  goal, isas, arena, wall: see choose.layers.  Where the second region does not hold what is
    behind the wall, nothing is put there.
    """
    isas = isas or board.isas
    rewritten = rewrite(graph)
    original, graph = graph, rewritten.graph
    layers = tuple(choose.layers(graph, board, goal, isas, arena, wall))
    graph = replace(graph, ops=tuple(layer.op for layer in layers))
    placed = plan.plan(graph, layers, wall)
    if wall and placed.top > wall.end:
        placed = plan.plan(graph, layers)
    if placed.wall:
        board = board.using(placed.wall.region)
    shutil.rmtree(folder / "src", ignore_errors=True)
    project.write(project.files(graph, layers, placed, board, isas), folder / "src")
    firmware, production = (link.link(folder / "src", folder, i) for i in ("firmware", "production"))
    if firmware.fits and production.fits:
        link.make(folder / "src", folder, "all", *([] if board.qemu else ["emulator"]))
        shutil.rmtree(folder / "arm")  # the objects
        if "uf2" in board.tools:
            image = (folder / "production.bin").read_bytes()
            (folder / "production.uf2").write_bytes(uf2.encode(image, board.flash.origin, int(board.tools["uf2"])))
    return Compiled(graph, layers, placed, board, folder, firmware, production, original, rewritten.rewrites)


def constant_bytes(compiled: Compiled) -> tuple[int, int, int]:
    """(weights, indices, tables): bytes of the model's constants in the linked image."""
    sizes = link.object_sizes(compiled.firmware.elf)
    total = sum(sizes.get(name, 0) for name in declare.constant_names(compiled.graph, compiled.layers))
    weights, indices = zip(*(layer_bytes(layer) for layer in compiled.layers), strict=True)
    return sum(weights), sum(indices), total - sum(weights) - sum(indices)


def layer_bytes(layer: Layer) -> tuple[int, int]:
    """(weights, indices) of one layer."""
    return (layer.encoded.weight_bytes, layer.encoded.index_bytes) if layer.encoded else (0, 0)


def dense_weight_bytes(layer: Layer) -> int:
    """What the layer's weights take without pruning: a byte each."""
    return int(np.prod(layer.encoded.shape)) if layer.encoded else 0
