"""`mcuprune build -o .` could not name the folder of its checkpoints, since '.' has no name."""

from pathlib import Path

from mcuprune.prune import Checkpoints


def test_checkpoints_of_a_build_into_the_current_folder_lie_beside_it(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    said = []
    checkpoints = Checkpoints.beside(Path("."), resume=True, say=said.append)
    assert checkpoints.folder == tmp_path / "here.checkpoints"
    assert said == [f"--resume: there is no {checkpoints.folder}, so the training begins anew"]
