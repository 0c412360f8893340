"""A build that a CI system or a container ended left its hidden folder beside the output."""

import os
import signal
import sys

import pytest
from writer import quantized, single, write

from mcuprune import cli, pipeline


def test_what_is_half_done_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["mcuprune", "compile", str(tmp_path / "a.tflite"), "--board", "stm32"])
    monkeypatch.setattr(pipeline, "compile_graph", lambda *arguments: os.kill(os.getpid(), signal.SIGTERM))
    monkeypatch.chdir(tmp_path)
    x = quantized("x", (1, 4), 0.1, 0)
    write(single("relu", [x], quantized("y", (1, 4), 0.1, 0)), tmp_path / "a.tflite")
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as ended:
            cli.main()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 128 + signal.SIGTERM
    assert [path.name for path in tmp_path.iterdir()] == ["a.tflite"]
