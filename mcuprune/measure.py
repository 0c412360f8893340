"""Everything that is known only by running the firmware: bytes against the oracle, stack, instructions, accuracy."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mcuprune import budget, data, device, ops, profile, samples, verify
from mcuprune.compiled import Compiled
from mcuprune.errors import Mismatch
from mcuprune.report import Accuracy
from mcuprune.request import Request, Trained
from mcuprune.runners import qemu


@dataclass(frozen=True)
class Measured:
    """None where it was not measured."""

    verdict: verify.Verdict | None = None
    counts: profile.Profile | None = None
    accuracy: Accuracy = field(default_factory=Accuracy)


def measure(compiled: Compiled, request: Request, trained: Trained) -> Measured:
    """Run the firmware.  Raises Mismatch, or OverBudget when its stack is more than the RAM leaves."""
    if not request.verify:
        return Measured(accuracy=accuracy(compiled, request, trained))
    inputs = sample_inputs(compiled, request)
    verdict = verify.verify(compiled, inputs)
    demand_exact(request.name, verdict)
    budget.check_ram(compiled, request, verdict.stack_bytes)
    counts = count(compiled, inputs)
    return Measured(verdict, counts, accuracy(compiled, request, trained))


def demand_exact(name: str, verdict: verify.Verdict) -> None:
    if not verdict.bit_exact:
        raise Mismatch(
            f"{name}: {verdict.differing} of {verdict.samples} samples differ between {verdict.emulator} and "
            f"{verdict.oracle}; {verdict.where}. Please report this with the .tflite file: it is a bug of mcuprune's."
        )


def sample_inputs(compiled: Compiled, request: Request) -> np.ndarray:
    """Samples to run: of the test set where there is one, else random."""
    if request.data is None:
        return samples.random(compiled.graph, request.samples, request.seed)
    return samples.quantize(request.data.x_test[: request.samples], compiled.graph.input)


def accuracy(compiled: Compiled, request: Request, trained: Trained) -> Accuracy:
    """The score over the whole test set: int8 by the integer reference, device by the firmware's C on this computer.

    Both were seen to agree with oracle and emulator on samples; here they must agree with each other on everything.
    The reference runs the network as the file has it, the device what the lossless passes made of it.
    """
    tests, graph = request.data, compiled.original
    if tests is None:
        return Accuracy()
    metric = trained.metric or samples.natural_metric(graph, tests.y_test)
    x = samples.quantize(tests.x_test, graph.input)
    targets = tests.x_test if tests.y_test is None else tests.y_test

    def score(outputs: np.ndarray) -> float:
        return data.measure(metric, samples.dequantize(outputs, graph.output), targets)

    reference = ops.run(graph, x)
    assert isinstance(reference, np.ndarray)
    int8 = score(reference)
    on_device = None
    if request.verify:
        outputs = device.on_host(compiled, x)
        differing = int((outputs.reshape(reference.shape) != reference).reshape(len(x), -1).any(axis=1).sum())
        if differing:
            raise Mismatch(
                f"{request.name}: {differing} of {len(x)} test samples differ between the C code and its reference"
            )
        on_device = score(outputs)
    return Accuracy(metric, trained.float, trained.pruned, int8, on_device, len(x))


def count(compiled: Compiled, inputs: np.ndarray) -> profile.Profile:
    """Instructions and estimated cycles of one inference, by layer; only a total where no plugin can be had."""
    with tempfile.TemporaryDirectory(prefix="mcuprune-") as folder:
        device.write_inputs(Path(folder), inputs[:1])
        command = qemu.command(compiled.board, compiled.emulator.resolve())
        try:
            where = compiled.emulator, compiled.board, command, Path(folder), compiled.function
            return profile.profile(*where, compiled.calls)
        except profile.PluginError:
            run = device.emulate(compiled, compiled.emulator, inputs[:1], profile.ICOUNT)
            return profile.Profile(profile.instructions_from_ticks(run.ticks, compiled.board.machine.name), None, ())
