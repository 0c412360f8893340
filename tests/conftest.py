"""Fixtures for every test: golden files, compiled networks, and Hypothesis without a clock."""

from pathlib import Path

import models
import pytest
from hypothesis import settings

from mcuprune import board as boards
from mcuprune import pipeline
from mcuprune.request import Request

settings.register_profile("mcuprune", deadline=None)  # how long an example takes says nothing on a shared machine
settings.load_profile("mcuprune")


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
def built(tmp_path_factory):
    """`built("tiny", "stm32")`: the folder of that network compiled for that board, once a session; only to be read."""
    folders: dict[tuple[str, str], Path] = {}

    def build(name: str, board: str) -> Path:
        if (name, board) not in folders:
            folder = tmp_path_factory.mktemp(f"{name}-{board}")
            source = models.save(name, folder)
            request = Request(name, source.name, "", boards.load(board), folder / "build", verify=False)
            pipeline.compile_model(source, request, say=lambda message: None)
            folders[name, board] = folder / "build"
        return folders[name, board]

    return build
