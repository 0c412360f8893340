"""Run the compiled network: its firmware in the emulator, or the same C as a program of the host.

The emulator is the device as far as a desk has one; the host program is a thousand times faster and serves whole test
sets, once both were seen to agree.
"""

import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcuprune import ends, link
from mcuprune.compiled import Compiled
from mcuprune.errors import ToolError
from mcuprune.graph import Graph
from mcuprune.runners import qemu

INSTRUCTIONS_PER_SECOND = 50e6  # a slow emulator on a busy machine: only to know when to give up
INSTRUCTIONS_PER_MAC = 40


@dataclass(frozen=True, eq=False)
class Run:
    """What a run of the test harness left behind."""

    outputs: np.ndarray  # [n, *output shape]
    stack_bytes: int  # high-water mark, measured by painting
    ticks: int  # of SysTick, in the last inference
    trace: bytes = b""  # what every layer wrote in the last run, when the harness was built to tell


def emulate(compiled: Compiled, elf: Path, inputs: np.ndarray, options: tuple[str, ...] = ()) -> Run:
    """Run a harness image in QEMU on inputs [n, ...], as in mcuprune.ends.  options: more of QEMU's."""
    graph = compiled.graph
    work = len(inputs) * (compiled.macs + ends.size(graph.sources))
    timeout = 60 + work * INSTRUCTIONS_PER_MAC / INSTRUCTIONS_PER_SECOND
    with tempfile.TemporaryDirectory(prefix="mcuprune-") as temporary:
        folder = Path(temporary)
        write_inputs(folder, inputs)
        qemu.run([*qemu.command(compiled.board, elf.resolve()), *options], folder, timeout)
        outputs = np.frombuffer((folder / "output.bin").read_bytes(), ends.dtype(graph.targets))
        stack, ticks = np.frombuffer((folder / "stats.bin").read_bytes(), "<u4").tolist()
        trace = folder / "trace.bin"
        return Run(
            outputs.reshape(len(inputs), *ends.shape(graph.targets)),
            stack,
            ticks,
            trace.read_bytes() if trace.exists() else b"",
        )


def write_inputs(folder: Path, inputs: np.ndarray) -> None:
    """Put samples [n, ...], int8 or int16, where the harness reads them."""
    (folder / "input.bin").write_bytes(np.ascontiguousarray(inputs).tobytes())


def on_host(compiled: Compiled, inputs: np.ndarray) -> np.ndarray:
    """Outputs of the same C compiled for this computer [n, ...], one process per core."""
    with tempfile.TemporaryDirectory(prefix="mcuprune-") as build:
        link.make(compiled.src, Path(build), "host")
        return _filter(Path(build) / "host", compiled.graph, inputs)


def _filter(program: Path, graph: Graph, inputs: np.ndarray) -> np.ndarray:

    def run(part: np.ndarray) -> bytes:
        done = subprocess.run([str(program)], input=part.tobytes(), capture_output=True, check=False)
        if done.returncode:
            raise ToolError(f"{program} ended with status {done.returncode}: {done.stderr.decode().strip()}")
        return done.stdout

    parts = np.array_split(np.ascontiguousarray(inputs), os.cpu_count() or 1)
    with ThreadPoolExecutor(len(parts)) as pool:
        results = b"".join(pool.map(run, parts))
    return np.frombuffer(results, ends.dtype(graph.targets)).reshape(len(inputs), *ends.shape(graph.targets))
