"""Object files that all processes of a test run share: what one has compiled is there for the others."""

import atexit
import os
import subprocess
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

SHARED = "MCUPRUNE_TEST_OBJECTS"  # the environment's name of their folder


@cache
def folder() -> Path:
    """Made by the first process of a run, which has to ask before it starts others, and gone when it ends."""
    if SHARED not in os.environ:
        made = TemporaryDirectory(prefix="mcuprune-objects-")
        atexit.register(made.cleanup)
        os.environ[SHARED] = made.name
    return Path(os.environ[SHARED])


@cache
def compiled(source: Path, compiler: str, *arguments: str) -> Path:
    """The object of a source that does not change while tests run."""
    digest = sha256("\0".join([str(source), compiler, *arguments]).encode()).hexdigest()[:16]
    target = folder() / f"{source.name}-{digest}.o"
    if not target.exists():
        own = target.with_suffix(f".{os.getpid()}")
        command = [compiler, *arguments, "-c", str(source), "-o", str(own)]
        result = subprocess.run(command, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr[-4000:]
        own.replace(target)
    return target
