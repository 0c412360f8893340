"""Imports point down, as the table in docs/DESIGN.md has them; what is slow or large is imported where it is needed."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import models
import pytest

import mcuprune

PACKAGE = Path(mcuprune.__file__).parent
DESIGN = PACKAGE.parent / "docs/DESIGN.md"
TRAINING = {"prune", "quantize", "recurrent", "unrolled", "converted", "training", "example"}  # may import Keras
CORE = {"numpy", "click", "rich", "tflite", "flatbuffers", "elftools"}  # what the compiling half is made of
ORACLE = {"tflite_runtime", "ai_edge_litert"}

MODULES = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in sorted(PACKAGE.rglob("*.py"))}


def levels() -> dict[str, int]:
    """The level of every module and package at the top of mcuprune."""
    rows = re.findall(r"^\| (\d) \| ([^|]+) \|", DESIGN.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: int(level) for level, names in rows for name in re.findall(r"`(\w+)/?`", names)}


def imports(path: Path) -> Iterator[str]:
    """Full names of all that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(path: Path) -> set[str]:
    """The modules and packages at the top of mcuprune that a file imports."""
    top = {name.split(".")[0] for name in MODULES}
    return {name.split(".")[1] for name in imports(path) if name.startswith("mcuprune.")} & top


def test_the_table_of_levels_is_complete():
    assert set(levels()) == {name.split(".")[0] for name in MODULES} - {"__init__", "__main__"}


def test_imports_point_down():
    level = levels() | {"__init__": 0, "__main__": 7}
    wrong = [
        f"{module} (level {level[name]}) imports {other} (level {level[other]})"
        for module, path in MODULES.items()
        for name in module.split(".")[:1]
        for other in own(path)
        if level[other] > level[name]
    ]
    assert wrong == []


def at_import(path: Path) -> Iterator[str]:
    """The modules, by full name, that are imported when a file is; those inside functions come later."""
    known = {module_name(name) for name in MODULES}
    nodes = list(ast.parse(path.read_text(encoding="utf-8")).body)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in known else str(node.module) for name in names)
        elif isinstance(node, ast.If | ast.Try | ast.With):
            nodes += node.body


def module_name(path: str) -> str:
    return f"mcuprune.{path}".removesuffix(".__init__")


def test_every_module_can_be_imported_first():
    """No cycle works only because something else was imported before."""
    imported = {
        module_name(name): {m for m in at_import(path) if not f"{module_name(name)}.".startswith(f"{m}.")}
        for name, path in MODULES.items()  # a package stands before its modules anyway
    }
    for name, path in MODULES.items():
        if "iter_modules(" in path.read_text(encoding="utf-8"):  # a directory that is a registry imports its files
            imported[module_name(name)] |= {m for m in imported if m.startswith(f"{module_name(name)}.")}
    try:
        TopologicalSorter(imported).prepare()
    except CycleError as error:
        pytest.fail(f"{' imports '.join(reversed(error.args[1]))}")


def child(script: str, *arguments: str, folder: Path = PACKAGE.parent) -> str:
    """What a script prints in a Python of its own."""
    path = f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r})\n"
    command = [sys.executable, "-c", path + script, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_compiling_half_imports_its_few_dependencies_and_no_others():
    ours = {*sys.stdlib_module_names, *CORE, "mcuprune"}
    for module, path in MODULES.items():
        if module.split(".")[0] not in TRAINING:
            others = {name.split(".")[0] for name in imports(path)} - ours
            assert others == (ORACLE if module == "oracle" else set()), module


LOADED = """
from mcuprune import cli
sys.argv = ["mcuprune", *sys.argv[1:]]
try:
    cli.main()
finally:
    print("\\nloaded:", *sorted({name.split(".")[0] for name in sys.modules}))
    sys.stdout.flush()
    import os; os._exit(0)
"""


def loaded(folder: Path, *arguments: str) -> set[str]:
    """Top-level modules that a command imports."""
    return set(child(LOADED, *arguments, folder=folder).split("loaded:")[1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["build", "--help"], ["boards"], ["boards", "stm32"], ["--version"]])
def test_what_only_prints_imports_nothing_slow(tmp_path, arguments):
    modules = loaded(tmp_path, *arguments)
    assert "click" in modules
    assert not modules & {"numpy", "rich", "tflite", "elftools", "tensorflow", "keras"}


@pytest.mark.parametrize("command", ["inspect tiny.tflite", "compile tiny.tflite --board stm32 --no-verify"])
def test_the_compiling_half_never_imports_keras(tmp_path, command):
    models.save("tiny", tmp_path)
    modules = loaded(tmp_path, *command.split())
    assert "numpy" in modules
    assert not modules & {"tensorflow", "keras", *ORACLE}
