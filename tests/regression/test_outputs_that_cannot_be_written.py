"""Outputs whose folder was missing or no folder: tracebacks, some after hours of training."""

import pytest

from mcuprune import stages, staging
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
            staging.check_file(output)
    staging.check_file(tmp_path / "new" / "a.keras")
    assert not list((tmp_path / "new").iterdir())
