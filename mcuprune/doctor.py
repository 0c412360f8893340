"""What mcuprune needs from the machine: what is there, in which version, and how to get what is not."""

import importlib.metadata
import shutil
import subprocess

import click

from mcuprune import flash
from mcuprune.link import INSTALL
from mcuprune.runners import qemu

# (program, what for, how to install it)
PROGRAMS = [
    ("make", "builds the generated project", INSTALL["make"]),
    ("arm-none-eabi-gcc", "compiles firmware", INSTALL["arm-none-eabi-gcc"]),
    ("cc", "compiles the model for this computer, and the counting plugin", INSTALL["cc"]),
    (qemu.PROGRAM, "runs firmware", qemu.INSTALL.removeprefix("install it with: ")),
]
PACKAGES = [
    (("tflite-runtime", "ai-edge-litert"), "the oracle", "pip install mcuprune"),
    (("tensorflow",), "pruning and quantization", "pip install 'mcuprune[keras]'"),
    (("keras",), "pruning", "pip install 'mcuprune[keras]'"),
]


def report() -> int:
    """Print the list; 0 when firmware can be built and run, 6 otherwise."""
    missing = 0
    for program, purpose, install in PROGRAMS:
        found = shutil.which(program)
        missing += not found
        _line(bool(found), program, _version(program) if found else f"missing; install it with: {install}", purpose)
    for names, purpose, install in PACKAGES:
        versions = [f"{name} {v}" for name in names if (v := _package(name))]
        _line(bool(versions), names[0], versions[0] if versions else f"missing; install it with: {install}", purpose)
    tools = [name for name in flash.TOOLS if flash.installed(name)]
    _line(bool(tools), "flash tools", ", ".join(tools) or f"none of {', '.join(flash.TOOLS)}", "program a board")
    return 6 if missing else 0


def _line(good: bool, name: str, state: str, purpose: str) -> None:
    click.echo(f"{'ok ' if good else '-- '} {name:20} {state}   ({purpose})")


def _version(program: str) -> str:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).splitlines()[0]


def _package(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
