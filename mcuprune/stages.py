"""What can be done again with the folder of a build: verify, run, bench."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mcuprune import board, budget, choose, data, device, ends, link, measure, plan, report, samples
from mcuprune import verify as verifying
from mcuprune.board import Board
from mcuprune.compiled import Compiled, read
from mcuprune.errors import McupruneError, UsageError
from mcuprune.graph import Tensor
from mcuprune.operand import PORTABLE
from mcuprune.report import Report
from mcuprune.request import Request, Trained
from mcuprune.rewrite import rewrite
from mcuprune.staging import opened
from mcuprune.summary import with_counts


def load(folder: Path) -> tuple[Compiled, Report]:
    """The build in a folder, as it was when it was made."""
    made = _report(folder)
    target = board.load(made.board.name)
    for name in ("model.tflite", "firmware.elf", "production.elf"):
        if not (folder / name).is_file():
            raise UsageError(f"{folder} has no {name}; build it again")
    original = read(folder / "model.tflite", made.model.name, made.model.stateful)
    graph = rewrite(original).graph
    ops = {op.name: op for op in graph.ops}
    graph = replace(graph, ops=tuple(ops[row.name] for row in made.layers))
    # portable twins of the kernels are there, for the host, where the board's own were chosen from
    isas = target.isas if (folder / "src/runtime/host").is_dir() else PORTABLE
    used = [choose.Identity(row.kernel, row.encoding, row.scratch_bytes, row.overlap_bytes) for row in made.layers]
    names = [row.name for row in made.layers]
    chained = {names.index(chain.layers[0]): (len(chain.layers), chain.lines) for chain in made.chains}
    layers = tuple(choose.recorded(graph, target, used, isas, chained))
    firmware, production = (link.measure(folder / f"{image}.elf") for image in ("firmware", "production"))
    second = made.ram.second
    wall = plan.Wall(second.wall_bytes, second.region, second.size_bytes) if second else None
    arena = plan.plan(graph, layers, wall)
    if second:
        target = target.using(second.region)
    return Compiled(graph, layers, arena, target, folder, firmware, production, original, made.rewrites), made


def board_of(folder: Path) -> Board:
    return board.load(_report(folder).board.name)


def _report(folder: Path) -> Report:
    if not (folder / "report.json").is_file():
        raise UsageError(f"{folder} is not the output of a build: it has no report.json")
    return report.load(folder / "report.json")


@dataclass(frozen=True)
class Verified:
    """What `mcuprune verify` found; error is None when all is well."""

    name: str
    text: str
    error: McupruneError | None = None


def verify(folder: Path, spec: str | None, rescale: str | None, count: int, seed: int, say) -> Verified:
    """Emulator against oracle on `count` samples; with data also the accuracy of the device on all of x_test."""
    compiled, made = load(folder)
    tests = samples.fit(data.load(spec, rescale), compiled.graph) if spec else None
    request = Request(
        name=made.model.name, source=made.model.source, sha256=made.model.sha256, board=compiled.board, output=folder,
        budget=made.budget, data=tests, samples=count, seed=seed,
    )  # fmt: skip
    say(f"running {count} samples on {compiled.board.machine.name} in QEMU, against the oracle")
    verdict = verifying.verify(compiled, measure.sample_inputs(compiled, request))
    try:
        measure.demand_exact(request.name, verdict)
        budget.check_ram(compiled, request, verdict.stack_bytes)
        scores = measure.accuracy(compiled, request, Trained())
    except McupruneError as error:
        return Verified(
            request.name, f"{verdict.samples - verdict.differing} of {verdict.samples} samples agree", error
        )
    lines = [f"bit-exact: {verdict.samples} samples, {verdict.emulator} and {verdict.oracle} agree in every byte"]
    if tests:
        lines.append(
            f"{scores.metric} on the device: {scores.format(scores.device)} of {scores.samples:,} test samples"
        )
    return Verified(request.name, "\n".join(lines))


def write_junit(result: Verified, path: Path) -> None:
    """The outcome as JUnit XML, the way CI systems read it."""
    suite = ET.Element("testsuite", name="mcuprune verify", tests="1", failures=str(int(bool(result.error))))
    case = ET.SubElement(suite, "testcase", classname="mcuprune", name=f"{result.name} equals the oracle")
    if result.error:
        ET.SubElement(case, "failure", message=str(result.error))
    ET.SubElement(case, "system-out").text = result.text
    with opened(path) as file:
        ET.ElementTree(suite).write(file, encoding="utf-8", xml_declaration=True)


def run(folder: Path, source: Path, output: Path | None) -> str:
    """Run the samples of a .npy file in the emulator; of an .npz file, an array per input of the network in its order.

    The results come in the same way, those of several outputs under their names in C.
    """
    compiled, _ = load(folder)
    sources, targets = compiled.graph.sources, compiled.graph.targets
    arrays = _arrays(source, sources)
    raw = all(x.dtype == tensor.dtype for x, tensor in zip(arrays, sources, strict=True) if len(tensor.scale))
    given = [
        samples.quantize(x, tensor) if len(tensor.scale) and x.dtype != tensor.dtype else x.astype(tensor.dtype)
        for x, tensor in zip(arrays, sources, strict=True)
    ]
    results = ends.split(targets, device.emulate(compiled, compiled.emulator, ends.join(sources, given)).outputs)
    if not raw:
        results = [samples.dequantize(y, tensor) if len(tensor.scale) else y
                   for y, tensor in zip(results, targets, strict=True)]  # fmt: skip
    named = dict(zip(ends.names("output", targets), results, strict=True))
    if output is None:
        texts = {name: np.array2string(y, threshold=10_000, separator=", ") for name, y in named.items()}
        return texts["output"] if len(texts) == 1 else "\n".join(f"{name}:\n{text}" for name, text in texts.items())
    with opened(output) as file:
        if len(named) == 1:
            np.save(file, results[0])
        else:
            np.savez(file, **named)
    return f"{output}: " + ", ".join(f"{y.dtype} {list(y.shape)}" for y in results)


def _arrays(source: Path, tensors: list[Tensor]) -> list[np.ndarray]:
    """The samples in a file, [n, ...] for each input of a network."""
    try:
        loaded = np.load(source, allow_pickle=False)
        arrays = [loaded] if isinstance(loaded, np.ndarray) else [loaded[name] for name in loaded.files]
    except (OSError, ValueError, EOFError) as error:
        raise UsageError(f"{source} is not a readable .npy or .npz file ({error})") from None
    counts = {x.size // tensor.count if x.size % tensor.count == 0 else 0
              for x, tensor in zip(arrays, tensors, strict=False)}  # fmt: skip
    if len(arrays) != len(tensors) or len(counts) != 1 or 0 in counts:
        held = " and ".join(str(x.shape) for x in arrays)
        shapes = " and ".join(" x ".join(map(str, ("n", *tensor.shape[1:]))) for tensor in tensors)
        raise UsageError(f"{source} holds {held}, the model takes {shapes}")
    for x in arrays:
        if x.dtype.kind not in "biuf" or not np.isfinite(x).all():
            raise UsageError(f"{source} holds values that are not numbers: NaN, infinity or {x.dtype}")
    return [x.reshape(-1, *tensor.shape[1:]) for x, tensor in zip(arrays, tensors, strict=True)]


def bench(folder: Path) -> Report:
    """The report of a build with instructions and cycles counted anew."""
    compiled, made = load(folder)
    counts = measure.count(compiled, samples.random(compiled.graph, 1))
    return replace(
        made,
        layers=with_counts(made.layers, compiled, counts),
        instructions=counts.instructions,
        estimated_cycles=counts.estimated_cycles,
    )
