"""Outputs whose folder was missing or no folder, and samples of NaN: tracebacks, some after hours of training."""

from pathlib import Path

import numpy as np
import pytest
from writer import quantized

from mcuprune import arguments, stages
from mcuprune.errors import UsageError


def test_a_report_for_ci_goes_to_a_folder_that_is_made(tmp_path):
    path = tmp_path / "reports" / "verify.xml"
    stages.write_junit(stages.Verified("kws", "16 of 16 samples agree"), path)
    assert "16 of 16 samples agree" in path.read_text()


def test_a_report_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"cannot write to .*verify\.xml"):
        stages.write_junit(stages.Verified("kws", ""), tmp_path / "file" / "verify.xml")


def test_a_model_that_cannot_be_written_is_refused_before_it_is_trained(tmp_path):
    (tmp_path / "file").touch()
    for output, reason in ((tmp_path / "file" / "a.keras", "cannot write to"), (tmp_path, "is a folder")):
        with pytest.raises(UsageError, match=reason):
            arguments.writable(output)
    arguments.writable(tmp_path / "new" / "a.keras")
    assert not list((tmp_path / "new").iterdir())


def test_checkpoints_of_a_build_into_the_current_folder_lie_beside_it(tmp_path, monkeypatch):
    from mcuprune.prune import Checkpoints

    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    said = []
    checkpoints = Checkpoints.beside(Path("."), resume=True, say=said.append)
    assert checkpoints.folder == tmp_path / "here.checkpoints"
    assert said == [f"--resume: there is no {checkpoints.folder}, so the training begins anew"]


@pytest.mark.parametrize("values", [np.array([np.nan, 1.0]), np.array(["1", "2"])])
def test_samples_that_are_no_numbers_are_refused(tmp_path, values):
    np.save(tmp_path / "x.npy", values)
    with pytest.raises(UsageError, match=r"x\.npy holds values that are not numbers"):
        stages._arrays(tmp_path / "x.npy", [quantized("x", (1, 2), 0.05, 3)])
