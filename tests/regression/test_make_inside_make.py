"""Inside another make, as under `make test`, make calls itself make[1] and a missing compiler was not recognised."""

import pytest

from mcuprune import link
from mcuprune.errors import ToolError


def test_a_missing_compiler_is_named_inside_another_make(compiled, installed, monkeypatch, tmp_path):
    src = compiled("tiny", "microbit").src
    installed("make", "sh", "mkdir")
    monkeypatch.setenv("MAKELEVEL", "1")
    monkeypatch.setenv("MAKEFLAGS", "w")
    with pytest.raises(ToolError, match=r"^cc is not installed"):
        link.make(src, tmp_path / "build", "host")
