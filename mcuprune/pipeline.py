"""The straight line: from a model to verified firmware.  Read this first.

keras.Model -> prune -> quantize -> model.tflite -> compile -> firmware -> run, compare, count -> report
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from mcuprune import budget, report_html, samples
from mcuprune.choose import code_bytes, constant_bytes
from mcuprune.compiled import Compiled, compile_graph, read
from mcuprune.errors import AccuracyError
from mcuprune.measure import measure
from mcuprune.operand import PORTABLE
from mcuprune.plan import Wall
from mcuprune.report import Accuracy, Report, save
from mcuprune.request import Request, Trained
from mcuprune.staging import staged
from mcuprune.summary import summarize

Say = Callable[[str], None]
CORRECTIONS = 4  # rounds of pruning a little further, or of choosing anew, while the linked image is still too large


def compile_model(path: Path, request: Request, say: Say) -> Report:
    """An int8 .tflite -> a C project, firmware and a report in request.output.  Needs no TensorFlow."""
    graph = read(path, request.name, request.stateful)  # before anything is made of it
    if request.data:
        request = replace(request, data=samples.fit(request.data, graph))
    with staged(request.output) as stage:
        (stage / "model.tflite").write_bytes(path.read_bytes())
        say(f"compiling {request.name} for {request.board.name}")
        compiled = compile_graph(graph, request.board, stage, "size", PORTABLE)
        budget.check_flash(compiled, request, prunes=False)
        report = _finish(compiled, request, Trained(), say)
    return _demand_accuracy(report, request)


def build_model(load, request: Request, say: Say, progress=None) -> Report:
    """A keras.Model -> the same, pruned only as far as the budgets demand.

    load: gives the model and its Data or None; called when it is clear that the output can be written.
    """
    with staged(request.output) as stage:
        from mcuprune.training import Trainer  # TensorFlow from here on

        model, data = load()
        request = replace(request, data=data)
        trainer = Trainer(model, request, say, progress)
        compiled = trainer.compile(stage)
        if request.sparsity is not None:
            compiled = trainer.prune(request.sparsity)
        elif budget.fits_flash(compiled, request):
            say(f"the dense model fits, {compiled.flash_bytes:,} of {request.flash_limit[0]:,} bytes: nothing to prune")
        for _ in range(1 + CORRECTIONS):
            if request.sparsity is not None or trainer.interrupt.asked or budget.fits_flash(compiled, request):
                break
            compiled = trainer.fit(compiled)
        compiled = trainer.tune(compiled)
        trainer.save(stage / "model.keras")
        report = _finish(compiled, request, trainer.trained(), say)
    return _demand_accuracy(report, request)


def _finish(compiled: Compiled, request: Request, trained: Trained, say: Say) -> Report:
    """Check the budgets, run the firmware, write the reports."""
    budget.check_flash(compiled, request)
    compiled = _optimized(compiled, request)
    budget.check_ram(compiled, request)
    if request.verify:
        say(f"running {request.samples} samples on {compiled.board.machine.name} in QEMU, against the oracle")
    report = summarize(compiled, request, trained, measure(compiled, request, trained))
    save(report, compiled.folder / "report.json")
    page = report_html.page(report, compiled.plan.slots, trained.history)
    (compiled.folder / "report.html").write_text(page, encoding="utf-8")
    return report


def _optimized(compiled: Compiled, request: Request) -> Compiled:
    """The program again, with the kernels that the goal asks for; compiled is the smallest there is, and fits flash.

    What no choice of kernels and strips makes fit into RAM may also go to a second region, if the board has one.
    """
    small_enough = request.goal == "size" and budget.fits_ram(compiled, request)
    made = compiled if small_enough else _chosen(compiled, request)
    wall = budget.wall(compiled, request)
    if wall and not budget.fits_ram(made, request):
        made = _chosen(compiled, request, wall)
    return made


def _chosen(compiled: Compiled, request: Request, wall: Wall | None = None) -> Compiled:
    """The fastest program that fits the budgets, or the knee where there is none for flash, unless there is a goal.

    wall: where RAM ends, and what is behind it.
    """
    goals: list[str | int] = [_flash_room(compiled, request)] if request.budget.flash_bytes else []
    if request.goal or not goals:
        goals.insert(0, request.goal or "balanced")
    room = budget.arena_room(compiled, request, wall.size if wall else 0)

    def link(goal: str | int, isas: Sequence[str], arena: int) -> Compiled:
        return compile_graph(compiled.original, request.board, compiled.folder, goal, isas, arena, wall)

    for isas in (PORTABLE,) if request.goal == "size" else (request.board.isas, PORTABLE):
        for goal in goals:
            arena = room
            for _ in range(CORRECTIONS):
                made = link(goal, isas, arena)
                over_flash = made.flash_bytes - request.flash_limit[0]
                if over_flash <= 0 and budget.fits_ram(made, request):
                    return made
                if over_flash > 0 and isinstance(goal, int):
                    goal -= over_flash  # kernels bring a little more than their code
                elif over_flash <= 0 and made.linked and made.plan.size <= arena:
                    arena -= budget.over_ram(made, request)  # and more stack than those of the smallest program
                else:
                    break
    return link("size", PORTABLE, room)


def _flash_room(compiled: Compiled, request: Request) -> int:
    """Bytes that constants and the code of kernels may take beside the rest of a program."""
    own = sum(map(constant_bytes, compiled.layers)) + code_bytes(compiled.layers, compiled.board, PORTABLE)
    return own + request.flash_limit[0] - compiled.flash_bytes


def _demand_accuracy(report: Report, request: Request) -> Report:
    """The report, if no more accuracy was lost than --max-drop allows."""
    scores: Accuracy = report.accuracy
    if request.max_drop is None or scores.float is None or scores.int8 is None:
        return report
    lost = 100 * (scores.float - scores.int8)
    if lost > request.max_drop:
        raise AccuracyError(
            f"{request.name} lost {lost:.2f} points ({scores.format(scores.float)} to {scores.format(scores.int8)}), "
            f"--max-drop allows {request.max_drop:g}. Give a larger --budget, more --epochs or a lower --sparsity."
        )
    return report
