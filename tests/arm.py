"""Run lowered layers on an emulated core: many cases in one program, each with its instructions and cycles if asked.

The program is the test harness of every model, around a made-up network `cases_invoke` that calls the kernels of one
case after the other.  A sample of it holds a sample of each case; its output is the whole arena, where every block that
a kernel may write lies between guard bytes:

    guard | output of case 0 | guard | scratch of case 0 | guard | output of case 1 ...

Blocks start at multiples of four bytes, as the planner places them; inputs lie anywhere, as a caller's do.  Where a
layer's output may lie over an input, that way is run too, in a block of its own, and must agree.
"""

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import objects

from mcuprune import buildfiles, declare, pack, plan, profile, project
from mcuprune.board import Board, memory_script
from mcuprune.graph import Graph
from mcuprune.layer import Layer
from mcuprune.operand import sample_shape
from mcuprune.runners import qemu

FIRMWARE = Path(__file__).parents[1] / "firmware"
COMPILER = "arm-none-eabi-gcc"
COMPILE = ["-std=c11", "-O2", "-ffunction-sections", "-fdata-sections", "-fno-optimize-sibling-calls", "-ffreestanding",
           *buildfiles.WARNINGS.split()]  # fmt: skip
LINK = ["-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections", "-Wl,--build-id=none"]
GUARD, PAINT = 16, 0xA5  # bytes, and what they hold
DEEPEST = 4096  # bytes of stack that are watched
TIMEOUT = 300.0  # seconds

Case = tuple[Graph, Layer, Sequence[np.ndarray]]
Result = tuple[np.ndarray, int, int]


@dataclass(frozen=True)
class _Shared:
    """An input and an output that lie over one another: offsets."""

    tensor: int
    input: int
    output: int
    end: int


@dataclass(frozen=True)
class _Placed:
    """A case in the program: offsets of its blocks in the arena and of its inputs in a sample."""

    graph: Graph
    layer: Layer  # its operator renamed, so that names differ in C
    inputs: dict[int, tuple[int, np.ndarray]]  # tensor -> offset, samples
    output: int
    scratch: int
    shared: list[_Shared]
    end: int

    @property
    def output_size(self) -> int:
        return self.graph.results(self.layer.op)[0].size

    @property
    def blocks(self) -> list[tuple[int, int]]:
        """(offset, size) of all that the case may write."""
        shared = [(s.output, s.end - s.output) for s in self.shared]
        return [(self.output, self.output_size), (self.scratch, plan.scratch_size(self.layer)), *shared]


def run_all(cases: Sequence[Case], board: Board) -> list[np.ndarray]:
    """The outputs of every case, int8 [n, *sample_shape].  A case holds int8 [n, ...], one per tensor that is not a
    constant, in order."""
    placed, samples = _place(cases, 1)
    with TemporaryDirectory() as folder:
        _, outputs = _run(placed, samples, board, Path(folder))
    return outputs


def measure_all(cases: Sequence[Case], board: Board, alignment: int = 1) -> list[Result]:
    """[(outputs as above, instructions, estimated cycles of the first sample)] of every case.

    Instructions and cycles are those of the kernels alone, from call to return.  alignment: of inputs, 4 where the
    planner has placed them.
    """
    placed, samples = _place(cases, alignment)
    with TemporaryDirectory() as name:
        folder = Path(name)
        elf, outputs = _run(placed, samples, board, folder)
        Path(folder, "input.bin").write_bytes(samples[:1].tobytes())
        segments = iter(profile.profile(elf, board, qemu.command(board, elf), folder, "cases_invoke").segments)
    results = []
    for case, output in zip(placed, outputs, strict=True):
        instructions, cycles = _of_kernels(segments, len(case.layer.calls))
        _of_kernels(segments, len(case.layer.calls) * len(case.shared))  # the same again, in place
        results.append((output, instructions, cycles))
    return results


def _run(placed: Sequence[_Placed], samples: np.ndarray, board: Board, folder: Path) -> tuple[Path, list[np.ndarray]]:
    """The program, built in a folder, and what it puts out for every case."""
    elf = _build(_functions(placed), samples, placed[-1].end + GUARD, _source(placed), board, folder)
    Path(folder, "input.bin").write_bytes(samples.tobytes())
    qemu.run(qemu.command(board, elf), folder, TIMEOUT)
    arena = np.fromfile(Path(folder, "output.bin"), np.int8).reshape(len(samples), -1)
    return elf, [_outputs(case, arena) for case in placed]


def stacks(cases: Sequence[Case], board: Board) -> list[int]:
    """Bytes of stack that the kernels of every case take, one after the other, on its first sample."""
    placed, samples = _place(cases, pack.ALIGNMENT)
    with TemporaryDirectory() as folder:
        elf = _build(_functions(placed), samples[:1], 4 * len(placed), _stack_source(placed), board, Path(folder))
        Path(folder, "input.bin").write_bytes(samples[:1].tobytes())
        qemu.run(qemu.command(board, elf), Path(folder), TIMEOUT)
        used = np.fromfile(Path(folder, "output.bin"), np.uint32).tolist()
    assert max(used) < DEEPEST, used
    return used


def compute(lines: Sequence[str], functions: set[str], outputs: int, board: Board) -> np.ndarray:
    """What the body of a C function writes to `output`: int8 [outputs].  functions: the kernels that it calls"""

    def source() -> Iterator[str]:
        yield '#include <string.h>\n#include "mcup_model.h"\n#include "mcuprune.h"'
        yield "void cases_invoke(const int8_t *input, int8_t *output)\n{\n    (void)input;"
        yield from (f"    {line}" for line in lines)
        yield "}"

    samples = np.zeros((1, 4), np.int8)
    with TemporaryDirectory() as folder:
        elf = _build(functions, samples, outputs, source(), board, Path(folder))
        Path(folder, "input.bin").write_bytes(samples.tobytes())
        qemu.run(qemu.command(board, elf), Path(folder), TIMEOUT)
        return np.fromfile(Path(folder, "output.bin"), np.int8)


def _place(cases: Sequence[Case], alignment: int) -> tuple[list[_Placed], np.ndarray]:
    """-> the cases, and int8 [n, bytes of all inputs]; a case with fewer samples than others repeats its last one."""
    n = max(len(arrays[0]) for _, _, arrays in cases)
    placed: list[_Placed] = []
    columns: list[np.ndarray] = []
    at = read = 0
    for number, (graph, layer, arrays) in enumerate(cases):
        given = dict.fromkeys(i for i in layer.op.inputs if i >= 0 and not graph.tensors[i].constant)
        inputs = {}
        for i, array in zip(given, arrays, strict=True):
            gap = -read % max(alignment, min(graph.tensors[i].item, 2))
            columns.append(np.zeros((n, gap)))
            read += gap
            inputs[i] = (read, array)
            rows = array.reshape(len(array), -1).astype(graph.tensors[i].dtype).view(np.int8)
            columns.append(rows[np.minimum(np.arange(n), len(array) - 1)])
            read += graph.tensors[i].size
        output_size = graph.results(layer.op)[0].size
        output = _behind(at)
        scratch = _behind(output + output_size)
        at, shared = scratch + plan.scratch_size(layer), []
        for i, below in distances(layer):
            if i in given:
                over = _behind(at)
                at = max(over + output_size, over + below + graph.tensors[i].size)
                shared.append(_Shared(i, over + below, over, at))
        renamed = replace(layer, op=replace(layer.op, name=f"case_{number}"))
        placed.append(_Placed(graph, renamed, inputs, output, scratch, shared, at))
    return placed, np.concatenate(columns, axis=1).astype(np.int8)


def distances(layer: Layer) -> dict[tuple[int, int], None]:
    """(input, least bytes that the output begins below it), once each."""
    over = [(layer.op.inputs[0], plan.aligned(layer.overlap)[0])] if layer.overlap else []
    return dict.fromkeys([*((layer.op.inputs[position], 0) for position in layer.in_place), *over])


def _behind(end: int) -> int:
    """Where the next block starts."""
    return pack.align(end + GUARD)


def _of_kernels(segments: Iterator[profile.Segment], calls: int) -> tuple[int, int]:
    """Instructions and cycles of the next so many kernel calls; what lies between them is the program's own."""
    kernels = [next(s for s in segments if s.label.startswith("mcup_")) for _ in range(calls)]
    return sum(s.instructions for s in kernels), sum(s.cycles for s in kernels)


def _outputs(case: _Placed, arena: np.ndarray) -> np.ndarray:
    """The outputs of a case, int8 [n, *sample_shape].  arena: int8 [n, bytes], as the program left it."""
    name, n = [call.function for call in case.layer.calls], len(next(iter(case.inputs.values()))[1])
    for offset, size in case.blocks:
        before, after = arena[:n, offset - GUARD : offset], arena[:n, offset + size : offset + size + GUARD]
        assert np.all(before.view(np.uint8) == PAINT), f"{name} wrote before its {size} bytes at {offset}: {case.graph}"
        assert np.all(after.view(np.uint8) == PAINT), f"{name} wrote behind its {size} bytes at {offset}: {case.graph}"
    outputs = arena[:n, case.output : case.output + case.output_size]
    for s in case.shared:
        over = arena[:n, s.output : s.output + case.output_size]
        where = f"{s.input - s.output} bytes below tensor {s.tensor}"
        assert np.array_equal(over, outputs), f"{name} differs {where}: {case.graph}"
    target = case.graph.results(case.layer.op)[0]
    return np.ascontiguousarray(outputs).view(target.dtype).reshape(n, *sample_shape(target))


def _functions(placed: Sequence[_Placed]) -> set[str]:
    return {f for case in placed for call in case.layer.calls for f in call.functions}


def _build(
    functions: set[str], samples: np.ndarray, outputs: int, source: Iterator[str], board: Board, folder: Path
) -> Path:
    machine = {"flash": board.machine.flash, "ram": board.machine.ram}
    texts = {"mcup_model.h": _header(samples.shape[1], outputs), "cases.c": source,
             "memory.ld": [memory_script(machine)]}  # fmt: skip
    for name, lines in texts.items():
        (folder / name).write_text("\n".join(lines) + "\n")
    kernels = [path for f in sorted(functions) for path in project.kernel_files(FIRMWARE, f, board.isas)]
    how = COMPILER, *board.flags, *COMPILE, f"-I{FIRMWARE / 'include'}"
    built = [objects.compiled(path, *how) for path in [*kernels, FIRMWARE / "startup/startup.c"]]
    elf = folder / "cases.elf"
    script = ["-T", str(FIRMWARE / "link/link.ld"), "-L", str(folder)]
    sources = [str(folder / "cases.c"), str(FIRMWARE / "app/harness.c")]
    own = [*COMPILE, "-O1", f"-I{folder}", f"-I{FIRMWARE / 'include'}"]
    _gcc(*board.flags, *own, *LINK, *script, *sources, *map(str, built), "-o", str(elf))
    return elf


def _gcc(*arguments: str) -> None:
    result = subprocess.run([COMPILER, *arguments], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-4000:]


def _header(inputs: int, outputs: int) -> Iterator[str]:
    yield "#include <stdint.h>"
    yield f"#define MCUP_MODEL_INPUT_SIZE {inputs}"
    yield f"#define MCUP_MODEL_OUTPUT_SIZE {outputs}"
    yield "#define mcup_model_invoke cases_invoke"
    yield "void cases_invoke(const int8_t *input, int8_t *output);"


def _constants(placed: Sequence[_Placed]) -> Iterator[str]:
    yield '#include <string.h>\n#include "mcup_model.h"\n#include "mcuprune.h"'
    yield f"static _Alignas(4) int8_t arena[{placed[-1].end + GUARD}];"
    for case in placed:
        yield from declare.layer_constants(case.graph, case.layer, f"arena + {case.scratch}")


def _source(placed: Sequence[_Placed]) -> Iterator[str]:
    yield from _constants(placed)
    yield "void cases_invoke(const int8_t *input, int8_t *output)\n{"
    yield f"    memset(arena, {PAINT}, sizeof arena);"
    for case in placed:
        pointers = {i: f"input + {at}" for i, (at, _) in case.inputs.items()}
        yield from _calls(case, pointers, case.output)
        for s in case.shared:
            yield f"    memcpy(arena + {s.input}, {pointers[s.tensor]}, {case.graph.tensors[s.tensor].size});"
            yield from _calls(case, pointers | {s.tensor: f"arena + {s.input}"}, s.output)
    yield "    memcpy(output, arena, sizeof arena);\n}"


def _stack_source(placed: Sequence[_Placed]) -> Iterator[str]:
    """Around each case the stack below is painted, and looked at again."""
    yield from _constants(placed)
    yield f"static uint32_t used[{len(placed)}];"
    yield "void cases_invoke(const int8_t *input, int8_t *output)\n{"
    yield '    register uint32_t *const top __asm__("sp");'
    for number, case in enumerate(placed):
        yield f"    for (volatile uint32_t *word = top - {DEEPEST // 4}; word < top; word++) *word = {PAINT};"
        yield from _calls(case, {i: f"input + {at}" for i, (at, _) in case.inputs.items()}, case.output)
        yield f"    {{\n        const volatile uint32_t *word = top - {DEEPEST // 4};"
        yield f"        while (word < top && *word == {PAINT}) word++;"
        yield f"        used[{number}] = 4 * (uint32_t)(top - word);\n    }}"
    yield "    memcpy(output, used, sizeof used);\n}"


def _calls(case: _Placed, pointers: dict[int, str], output: int) -> Iterator[str]:
    name, op = declare.identifier(case.layer), case.layer.op
    for call, label in declare.labelled(case.layer):
        operands = [f"(const void *)({pointers.get(op.inputs[p], f'{name}_operand_{p}')})" for p in call.inputs]
        yield f"    {call.function}({', '.join([f'&{label}', *operands, f'(void *)(arena + {output})'])});"
    if case.layer.alias:
        yield f"    memcpy(arena + {output}, {pointers[op.inputs[0]]}, {case.output_size});"
