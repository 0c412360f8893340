"""The generated project stands alone: it has all that it needs, nothing else, and builds without mcuprune."""

import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import models
import numpy as np
import pytest

from mcuprune import board as boards
from mcuprune import ops, project, samples
from mcuprune.compiled import read

INCLUDED = re.compile(r'^#include "(.+)"', re.MULTILINE)


def run(*command: str, folder: Path, **options) -> subprocess.CompletedProcess:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, **options)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done


def run_host(program: Path, graph) -> None:
    """Samples through a filter of the host, against the integer reference."""
    inputs = samples.random(graph, 5)
    outputs = run(str(program), folder=program.parent, input=inputs.tobytes()).stdout
    assert outputs == ops.run(graph, inputs).tobytes()


@pytest.fixture
def src(compiled, tmp_path) -> Path:
    """A copy of a project, far from where it was made."""
    return shutil.copytree(compiled("residual", "stm32f405").src, tmp_path / "a project")


@pytest.fixture
def graph(tmp_path):
    return read(models.save("residual", tmp_path), "residual")


def test_make_builds_the_very_images_that_were_measured(compiled, src):
    run("make", "-s", folder=src)
    made = compiled("residual", "stm32f405").folder
    for image in ("firmware", "production"):
        for suffix in ("elf", "bin", "hex"):
            name = f"{image}.{suffix}"
            assert (src / "build" / name).read_bytes() == (made / name).read_bytes(), name


def test_make_builds_a_program_for_the_host(src, graph):
    run("make", "-s", "host", folder=src)
    run_host(src / "build/host", graph)


def test_make_clean_removes_what_make_made(src):
    before = sorted(src.rglob("*"))
    run("make", "-s", "host", folder=src)
    run("make", "-s", "clean", folder=src)
    assert sorted(src.rglob("*")) == before


def test_cmake_builds_a_program_for_the_host(src, graph, tmp_path):
    run("cmake", "-S", str(src), "-B", "build", folder=tmp_path)
    run("cmake", "--build", "build", folder=tmp_path)
    run_host(tmp_path / "build/host", graph)


def test_cmake_builds_firmware(src, tmp_path):
    """With the command that the CMakeLists.txt itself gives."""
    text = (src / "CMakeLists.txt").read_text().replace("\\\n#", "")
    told = re.search(r"^#   (cmake -B build -D.*) && (cmake --build build)$", text, re.MULTILINE)
    for command in told.groups():
        run(*command.split(), folder=src)
    for image in ("harness", "main"):
        elf = (src / f"build/{image}.elf").read_bytes()
        assert elf[:4] == b"\x7fELF"
        assert elf[18] == 40, "EM_ARM"


@pytest.mark.parametrize("board", ["stm32f405", "rpi_pico2", "mps3_an547", "microbit"])
@pytest.mark.parametrize("name", ["residual", "layout"])
def test_a_project_holds_exactly_the_files_that_it_uses(name, board):
    files = project_files(name, board)
    texts = {path: text for path, text in files.items() if path.endswith((".c", ".h", ".S"))}
    included = {header for text in texts.values() for header in INCLUDED.findall(text)}
    assert included == {Path(path).name for path in texts if path.endswith(".h")}

    called = set(re.findall(r"\bmcup_\w+_s8\b", files[f"{name}.c"]))
    kernels = {Path(path).stem for path in files if re.fullmatch(r"runtime/\w+\.[cS]", path)}
    assert {f"mcup_{kernel}" for kernel in kernels} == called


def project_files(name: str, board: str) -> dict[str, str]:
    """{path: text}, without compiling it."""
    with TemporaryDirectory() as folder:
        graph, layers, arena = models.planned(models.save(name, Path(folder)), board)
    return project.files(graph, layers, arena, boards.load(board))


def test_nothing_in_a_project_tells_where_or_when_it_was_made(compiled):
    for path in (compiled("residual", "stm32f405").src).rglob("*.*"):
        text = path.read_text()
        assert str(Path.home()) not in text
        assert not re.search(r"/tmp|\b20[2-9]\d-\d\d", text), path


@pytest.mark.parametrize("name", ["stdint", "string", "mcuprune", "mcup_model", "main", "int", "2nd größe"])
def test_a_model_may_have_any_name(tmp_path, name):
    """Its header hides no other, and its function is none of C's."""
    models.save("tiny", tmp_path).rename(tmp_path / f"{name}.tflite")
    graph, layers, arena = models.planned(tmp_path / f"{name}.tflite")
    project.write(project.files(graph, layers, arena, boards.load("stm32")), tmp_path)
    run("make", "-s", "host", folder=tmp_path)


PROGRAM = """
#include <stdio.h>
#include "residual.h"
#include "sparse.h"
static int8_t input[RESIDUAL_INPUT_SIZE + SPARSE_INPUT_SIZE], output[RESIDUAL_OUTPUT_SIZE + SPARSE_OUTPUT_SIZE];
int main(void)
{
    while (fread(input, sizeof input, 1, stdin) == 1) {
        residual_invoke(input, output);
        sparse_invoke(input + RESIDUAL_INPUT_SIZE, output + RESIDUAL_OUTPUT_SIZE);
        residual_invoke(input, output);
        fwrite(output, sizeof output, 1, stdout);
    }
    return 0;
}
"""


def test_two_models_are_one_program(compiled, tmp_path):
    """With one runtime: the union of what both use."""
    networks = [compiled(name, "microbit") for name in ("residual", "sparse")]
    for network in networks:
        for pattern in ("*.[ch]", "runtime/*.[ch]", "runtime/host/*.c"):  # the last are in the place of others
            for path in network.src.glob(pattern):
                shutil.copy(path, tmp_path)
    (tmp_path / "both.c").write_text(PROGRAM)
    run("cc", "-std=c11", "-O2", *map(str, tmp_path.glob("*.c")), "-o", "both", folder=tmp_path)

    inputs = [samples.random(network.graph, 3) for network in networks]
    expected = [ops.run(network.graph, x).reshape(3, -1) for network, x in zip(networks, inputs, strict=True)]
    given = np.concatenate([x.reshape(3, -1) for x in inputs], axis=1)
    outputs = run("./both", folder=tmp_path, input=given.tobytes()).stdout
    assert outputs == np.concatenate(expected, axis=1).tobytes()


def test_every_public_symbol_is_mcups_or_the_models(compiled, tmp_path):
    src, flags = compiled("residual", "stm32f405").src, boards.load("stm32f405").flags
    units = ["residual.c", *map(str, src.glob("runtime/*.[cS]"))]
    command = ["arm-none-eabi-gcc", *flags, "-Iruntime", "-I.", "-r", "-nostdlib"]
    run(*command, *units, "-o", str(tmp_path / "all.o"), folder=src)
    symbols = run("arm-none-eabi-nm", "--defined-only", "--extern-only", "all.o", folder=tmp_path).stdout.decode()
    names = [line.split()[-1] for line in symbols.splitlines()]
    assert "residual_invoke" in names
    assert not [name for name in names if not name.startswith(("mcup_", "residual_"))]
