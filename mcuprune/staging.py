"""Outputs appear whole or not at all: they are made in a folder beside their place and moved in at the end."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mcuprune.errors import UsageError


@contextmanager
def staged(output: Path) -> Iterator[Path]:
    """A new folder whose entries replace those of `output` when the block ends well, and vanish when it does not.

    What else lies in `output` stays.  Raises UsageError before the block when output cannot be written.
    """
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        if output.exists() and not output.is_dir():
            raise UsageError(f"{output} is a file; choose another folder with -o.")
        if output.is_dir():
            _probe(output)
        stage = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    except OSError as error:
        raise UsageError(f"cannot write to {output}: {error.strerror}; choose another folder with -o.") from None
    try:
        yield stage
        output.mkdir(exist_ok=True)
        for entry in stage.iterdir():
            target = output / entry.name
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            entry.replace(target)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _probe(folder: Path) -> None:
    """Raise OSError unless files can be made in folder."""
    with tempfile.TemporaryFile(dir=folder):
        pass
