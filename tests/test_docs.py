"""The tables in the documents are those of the code, what they point to is there, and examples give what they say."""

import doctest
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from mcuprune.cli import cli

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SOURCES = [path for path in sorted((ROOT / "mcuprune").rglob("*.py")) if ">>>" in path.read_text(encoding="utf-8")]
MODULES = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in SOURCES]


def test_tables_are_up_to_date():
    command = [sys.executable, str(ROOT / "tools/tables.py"), "--check"]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(path):
    targets = re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
    assert [t for t in targets if "://" not in t and not (path.parent / t).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_in_documents_exist(path):
    text = path.read_text(encoding="utf-8")
    code = re.findall(r"`([^`\n]+)`", text) + "".join(re.findall(r"```.*?\n(.*?)```", text, re.DOTALL)).splitlines()
    named = {found[1] for line in code if (found := re.match(r"(?:\$ )?mcuprune ([a-z]+)", line))}
    assert named <= set(cli.commands)


def test_make_targets_in_the_readme_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^\s*(?:\$ )?)make ([a-z]+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert {"demo", "test"} <= named <= targets | {"host", "emulator"}


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.keras] * (".prune." in n)) for n in MODULES])
def test_examples_in_docstrings_are_true(name):
    if ".prune." in name:
        pytest.importorskip("tensorflow")
    done = doctest.testmod(import_module(name))
    assert done.attempted and not done.failed
