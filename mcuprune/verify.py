"""Compare the device with the oracle, byte for byte, and where they differ name the first layer that does."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from mcuprune import device, link, oracle
from mcuprune.compiled import Compiled
from mcuprune.layer import Layer
from mcuprune.runners import qemu


@dataclass(frozen=True)
class Verdict:
    """The outcome of a comparison."""

    samples: int
    differing: int  # samples with at least one wrong byte
    stack_bytes: int  # high-water mark
    ticks: int  # of SysTick in the last inference
    where: str = ""  # the first layer that differs, and how
    oracle: str = ""
    emulator: str = ""

    @property
    def bit_exact(self) -> bool:
        return self.differing == 0


def verify(compiled: Compiled, inputs: np.ndarray) -> Verdict:
    """Run inputs [n, ...], as in mcuprune.ends, through the firmware in QEMU and through the oracle."""
    expected = oracle.run(compiled.tflite, inputs)
    assert isinstance(expected, np.ndarray)
    run = device.emulate(compiled, compiled.emulator, inputs)
    wrong = (run.outputs.reshape(expected.shape) != expected).reshape(len(inputs), -1).any(axis=1)
    return Verdict(
        samples=len(inputs),
        differing=int(wrong.sum()),
        stack_bytes=run.stack_bytes,
        ticks=run.ticks,
        where=first_difference(compiled, inputs[wrong][:1]) if wrong.any() else "",
        oracle=oracle.name(compiled.tflite),
        emulator=f"{qemu.version()} {compiled.board.machine.name}",
    )


def first_difference(compiled: Compiled, sample: np.ndarray) -> str:
    """Run one sample [1, ...] with traces on, and describe the first layer whose output is wrong."""
    with TemporaryDirectory(prefix="mcuprune-") as build:
        elf = link.link(compiled.src, Path(build), "trace").elf
        trace = np.frombuffer(device.emulate(compiled, elf, sample).trace, np.int8)
    truth = oracle.run(compiled.tflite, sample, every_tensor=True)
    offset = 0
    for position, step in compiled.graph.schedule():
        layer = compiled.layers[position]
        if layer.alias or not layer.whole:
            continue  # it writes nothing, or only strips
        index = compiled.graph.written(position, step)
        tensor = compiled.graph.tensors[layer.op.outputs[0]]
        size, kept = tensor.size, tensor.kept
        got, offset = trace[offset : offset + size], offset + size
        truly = np.ascontiguousarray(truth[index]).reshape(-1) if index in truth else got
        want = (truly if kept is None or index not in truth else truly[kept]).view(np.int8)
        wrong = np.flatnonzero(got != want)
        if wrong.size:
            at = wrong[0]
            return (
                f"layer {layer.op.name} ({layer.op.kind}){_at(layer, step)} is the first to differ: "
                f"{len(wrong)} of {size} bytes, "
                f"byte {at} is {got[at]} on the device and {want[at]} in the oracle"
            )
    return "every layer alone agrees with the oracle"


def _at(layer: Layer, step: int) -> str:
    return f" in step {step + 1} of {layer.times}" if layer.times > 1 else ""
