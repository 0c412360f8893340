"""Fixtures for every test: golden files, compiled networks, and Hypothesis without a clock."""

import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import models
import objects
import pytest
from hypothesis import settings

from mcuprune import board as boards
from mcuprune import pipeline
from mcuprune.compiled import Compiled, compile_graph, read
from mcuprune.request import Request

settings.register_profile("mcuprune", deadline=None)  # how long an example takes says nothing on a shared machine
settings.load_profile("mcuprune")


def pytest_configure():
    objects.folder()  # before there are workers


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew instead of comparing")


@pytest.fixture
def golden(request):
    """`golden("report.txt", text)`: the text is what tests/golden/report.txt says."""

    def check(name: str, text: str) -> None:
        path = Path(__file__).parent / "golden" / name
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8")
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        assert text == expected, f"tests/golden/{name} differs; if the new text is right: pytest --update-golden"

    return check


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """`compiled("tiny", "stm32")`: a network of models.py linked for a board, once a session.  To be read."""

    @cache
    def compile_network(name: str, board: str) -> Compiled:
        folder = tmp_path_factory.mktemp(f"{name}-{board}")
        models.save(name, folder).rename(folder / "model.tflite")
        return compile_graph(read(folder / "model.tflite", name), boards.load(board), folder, "balanced")

    return compile_network


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """The output folder of a whole build, of `residual` for stm32f405, run and reported.  To be read."""
    folder = tmp_path_factory.mktemp("built")
    source = models.save("residual", folder)
    request = Request("residual", source.name, "", boards.load("stm32f405"), folder / "residual", samples=4)
    pipeline.compile_model(source, request, say=lambda message: None)
    return folder / "residual"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """`installed("make", "sh")`: from here on these programs are there, and no others."""

    def put(*programs: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        for program in programs:
            (folder / program).symlink_to(shutil.which(program))
        monkeypatch.setenv("PATH", str(folder))

    return put


@pytest.fixture
def read_only(tmp_path) -> Iterator[Path]:
    """A folder that nobody can write to: root can, but not to /proc."""
    if os.geteuid() == 0:
        yield Path("/proc/self/task")
        return
    folder = tmp_path / "read only"
    folder.mkdir()
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)
