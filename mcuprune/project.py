"""The C project in `src/`: generated sources and the runtime files they use, with a Makefile and a CMakeLists.txt.

It builds without mcuprune, for the board and for the host.  mcuprune itself links firmware by calling this Makefile,
so what people rebuild is what was measured.

    <model>.h <model>.c mcup_model.h     generated
    runtime/                             headers and the kernels that the model calls; host/: portable twins
    target/                              startup, linker script, memory maps, the chip's clock and UART
    app/                                 harness.c (tests), main.c (production), host.c
"""

import re
from collections.abc import Sequence
from pathlib import Path

from mcuprune import buildfiles, declare, emit
from mcuprune.board import REGIONS, Board, find_folder, memory_script
from mcuprune.buildfiles import Units
from mcuprune.graph import Graph
from mcuprune.layer import Layer
from mcuprune.plan import Plan


def files(
    graph: Graph, layers: Sequence[Layer], plan: Plan, board: Board, isas: Sequence[str] | None = None
) -> dict[str, str]:
    """{path within src/: text} of the whole project.  isas: where kernels are looked for, the board's when None."""
    firmware = find_folder("firmware")
    calls = [call for layer in layers for call in layer.calls]
    resets = {state.reset for call in calls for _, state in declare.states(call.fields)}
    functions = sorted({f for call in calls for f in call.functions} | resets)
    kernels = [path for f in functions for path in kernel_files(firmware, f, isas or board.isas)]
    portable = [path for f in functions for path in kernel_files(firmware, f, ("portable",))]
    target = [firmware / "startup/startup.c", firmware / "link/link.ld", firmware / f"soc/{board.soc}.c"]
    apps = [firmware / f"app/{name}.c" for name in ("harness", "main", "host")]
    runtime = [*headers(firmware, [*kernels, *portable, *target, *apps]), *kernels]
    overlaid = [path for path in portable if path not in kernels]

    project = emit.files(graph, layers, plan)
    for subfolder, sources in (("runtime", runtime), ("runtime/host", overlaid), ("target", target), ("app", apps)):
        project |= {f"{subfolder}/{path.name}": path.read_text(encoding="utf-8") for path in sources}
    second = plan.wall.region if plan.wall else None
    used = {name: region for name, region in board.machine.memory.items() if name in (*REGIONS, second)}
    project["target/board/memory.ld"] = memory_script(board.memory, second)
    project["target/emulator/memory.ld"] = memory_script(used, second)

    model = declare.c_name(graph.name)
    units = Units(
        tuple(f"runtime/{path.name}" for path in kernels),
        tuple(f"runtime/{'host/' if path in overlaid else ''}{path.name}" for path in portable),
    )
    project["Makefile"] = buildfiles.makefile(model, units, board)
    project["CMakeLists.txt"] = buildfiles.cmake(model, units, board)
    return project


def kernel_files(firmware: Path, function: str, isas: Sequence[str]) -> list[Path]:
    """mcup_conv_2d_d8_s8 -> the C and assembly files of that kernel in the first set that has any."""
    stem = function.removeprefix("mcup_")
    for isa in isas:
        found = sorted((firmware / "kernels" / isa).glob(f"{stem}.[cS]"))
        if found:
            return found
    raise AssertionError(f"no kernel {function}")


def headers(firmware: Path, sources: Sequence[Path]) -> list[Path]:
    """The headers that sources include, from include/ or from beside the source, and what those include."""
    found: set[Path] = set()
    waiting = list(sources)
    while waiting:
        path = waiting.pop()
        for name in re.findall(r'^#include "(.+)"', path.read_text(encoding="utf-8"), re.MULTILINE):
            header = next((f / name for f in (path.parent, firmware / "include") if (f / name).exists()), None)
            if header and header not in found:  # generated headers are not among them
                found.add(header)
                waiting.append(header)
    return sorted(found, key=lambda path: path.name)


def write(project: dict[str, str], folder: Path) -> None:
    for name, text in project.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
