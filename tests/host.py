"""Whole networks on the host: the generated C of many is one program, under AddressSanitizer and UBSan."""

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from kernel import SANITIZE, STRICT

from mcuprune import board, ends, project
from mcuprune.graph import Graph, Tensor
from mcuprune.layer import Layer
from mcuprune.plan import Plan

Planned = tuple[Graph, Sequence[Layer], Plan]


def run(networks: Sequence[Planned], inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """inputs: int8 [n, ...] of each network, which has a name of its own -> its outputs, int8 [n, size]."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for network in networks:
            files = project.files(*network, board.load("stm32f405"))
            for file in sorted(files, key=lambda file: "/host/" in file):  # the last are in the place of others
                if file.endswith((".c", ".h")) and not file.startswith(("app/", "target/")):
                    (folder / Path(file).name).write_text(files[file])
        graphs = [graph for graph, _, _ in networks]
        (folder / "main.c").write_text("\n".join(_program(graphs, list(map(len, inputs)))))
        sources = sorted(map(str, folder.glob("*.c")))
        command = ["cc", *SANITIZE, *STRICT, f"-I{folder}", *sources, "-o", str(folder / "all")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        given = b"".join(x.tobytes() for x in inputs)
        ran = subprocess.run([folder / "all"], input=given, capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr.decode(errors="replace")
    sizes = [len(x) * ends.size(graph.targets) for graph, x in zip(graphs, inputs, strict=True)]
    parts = np.split(np.frombuffer(ran.stdout, np.int8), np.cumsum(sizes))
    assert parts.pop().size == 0
    return [part.reshape(len(x), -1) for part, x in zip(parts, inputs, strict=True)]


def _program(graphs: Sequence[Graph], samples: Sequence[int]) -> Iterator[str]:
    """main: the samples of one network after those of another, from stdin to stdout."""
    yield "#include <stdio.h>"
    yield from (f'#include "{graph.name}.h"' for graph in graphs)
    yield "int main(void)\n{"
    for graph, count in zip(graphs, samples, strict=True):
        yield f"    for (int i = 0; i < {count}; i++) {{"
        yield f"        _Alignas(4) int8_t x[{ends.size(graph.sources)}];"
        yield f"        _Alignas(4) int8_t y[{ends.size(graph.targets)}];"
        yield "        if (fread(x, sizeof x, 1, stdin) != 1) return 1;"
        pointers = _pointers("x", graph.sources) + _pointers("y", graph.targets)
        yield f"        {graph.name}_invoke({', '.join(pointers)});"
        yield "        fwrite(y, sizeof y, 1, stdout);\n    }"
    yield "    return 0;\n}"


def _pointers(array: str, tensors: list[Tensor]) -> list[str]:
    """Where each tensor of a sample begins."""
    return [f"(void *)({array} + {ends.size(tensors[:i])})" for i in range(len(tensors))]
