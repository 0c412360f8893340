"""Checkpoints: a training that was killed goes on where it was, and ends with the very bytes it would have had.

A method may train several times, one phase after the other.  Each phase has a file, written after every epoch:
everything that the next epoch depends on.  A method that starts again repeats what it does between the phases and
takes their results, or their middle, from the files.
"""

import json
import os
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mcuprune.errors import UsageError

NOTES = "notes.json"  # entry of a file beside its arrays


@dataclass(frozen=True)
class State:
    """notes: JSON."""

    notes: dict[str, Any]
    arrays: dict[str, np.ndarray]


class Checkpoints:
    """The phases of one run.  folder: None keeps none."""

    def __init__(self, folder: Path | None = None, resume: bool = False) -> None:
        self.folder, self.phases = folder, 0
        if folder and not resume:
            self.remove()

    @classmethod
    def beside(cls, output: Path, resume: bool, say: Callable[[str], None]) -> "Checkpoints":
        """Those of the training whose outcome will be `output`, a file or a folder."""
        output = output.resolve()  # '.' has no name
        folder = output.with_name(f"{output.name}.checkpoints")
        if resume and not folder.is_dir():
            say(f"--resume: there is no {folder}, so the training begins anew")
        return cls(folder, resume)

    def phase(self, key: str) -> "Phase":
        """The next phase.  key: tells one training from another; a file of another one is refused."""
        self.phases += 1
        return Phase(self.folder / f"phase-{self.phases}.npz" if self.folder else None, key)

    def remove(self) -> None:
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class Phase:
    path: Path | None
    key: str

    def load(self) -> State | None:
        """What was saved last, or None."""
        if self.path is None or not self.path.is_file():
            return None
        try:
            with np.load(self.path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise UsageError(f"{self.path} cannot be read: {error}; start anew, without --resume") from None
        notes = json.loads(arrays.pop(NOTES).item())
        if notes.pop("key") != self.key:
            raise UsageError(
                f"{self.path} belongs to another training: the model, the data, the options or mcuprune's version "
                "changed since; start anew, without --resume"
            )
        return State(notes, arrays)

    def save(self, notes: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Replace the file, whole or not at all."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new.npz")
        np.savez(fresh, **{NOTES: np.array(json.dumps({**notes, "key": self.key}))}, **arrays)
        os.replace(fresh, self.path)
