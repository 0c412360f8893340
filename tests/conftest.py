"""Fixtures for every test: golden files, and Hypothesis without a clock."""

from pathlib import Path

import pytest
from hypothesis import settings

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
