"""Outputs are what was asked for, or what was there before, or a sentence.

Folders appear whole or not at all: they are made beside their place and moved in at the end.  What cannot be written is
told before the work.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from mcuprune.errors import UsageError

MARK = "report.json"  # tells the folder of an earlier build from somebody else's
PRECIOUS = ("src", "model.keras", "model.tflite")  # names of what a build writes that people use, too


@contextmanager
def staged(output: Path) -> Iterator[Path]:
    """A new folder whose entries replace those of `output` when the block ends well, and vanish when it does not.

    What else lies in `output` stays.  Raises UsageError before the block when output cannot be written, or is no
    earlier build and has a folder `src` or a model of somebody's, which would be lost.
    """
    missing = [folder for folder in output.parents if not os.path.exists(folder)]  # deepest first
    try:
        stage = _make(output)
        try:
            yield stage
            _move(stage, output)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
    finally:
        for folder in missing:
            with suppress(OSError):  # it is not empty, as is right, when all went well
                folder.rmdir()


def check_file(output: Path) -> None:
    """Raise UsageError where a file cannot be written; its folder is made."""
    if output.is_dir():
        raise UsageError(f"{output} is a folder; name a file with -o.")
    with _refused(output, "place with -o"):
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=output.parent):
            pass


@contextmanager
def opened(output: Path) -> Iterator[BinaryIO]:
    """A file to write bytes to, in a folder that is made where it is missing; UsageError where it cannot be written."""
    with _refused(output, "place"):
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("wb") as file:
            yield file


@contextmanager
def _refused(output: Path, other: str) -> Iterator[None]:
    """What the system says against writing, as a sentence.  other: what to choose instead"""
    try:
        yield
    except OSError as error:
        raise UsageError(f"cannot write to {output}: {error.strerror}; choose another {other}.") from None


def _make(output: Path) -> Path:
    """The stage, once it is sure that output can be written."""
    with _refused(output, "folder with -o"):
        output.parent.mkdir(parents=True, exist_ok=True)
        if output.exists() and not output.is_dir():
            raise UsageError(f"{output} is a file; choose another folder with -o.")
        if output.is_dir():
            with tempfile.TemporaryFile(dir=output):
                pass
            found = [name for name in PRECIOUS if os.path.lexists(output / name)]
            if found and not (output / MARK).exists():
                raise UsageError(
                    f"{output} is not an earlier build, and its {found[0]} would be lost; choose another "
                    "folder with -o."
                )
        return Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))


def _move(stage: Path, output: Path) -> None:
    output.mkdir(exist_ok=True)
    for entry in stage.iterdir():
        target = output / entry.name
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        elif entry.is_dir():
            target.unlink(missing_ok=True)
        entry.replace(target)
