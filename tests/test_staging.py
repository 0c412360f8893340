"""Outputs appear whole or not at all."""

import os
from pathlib import Path

import pytest

from mcuprune.errors import McupruneError, UsageError
from mcuprune.staging import staged


def tree(folder: Path) -> dict[str, str | None]:
    """{path: text}, None for folders."""
    return {str(p.relative_to(folder)): p.read_text() if p.is_file() else None for p in folder.rglob("*")}


@pytest.fixture
def output(tmp_path) -> Path:
    """A folder with the outcome of an earlier run, and with a file and a folder of somebody else's."""
    folder = tmp_path / "out"
    (folder / "src").mkdir(parents=True)
    (folder / "notes").mkdir()
    for name in ("report.json", "src/old.c", "mine.txt", "notes/a.txt"):
        (folder / name).write_text("old")
    return folder


def test_entries_replace_those_of_the_same_name_and_all_else_stays(output):
    with staged(output) as stage:
        (stage / "report.json").write_text("new")
        (stage / "src").mkdir()
        (stage / "src/new.c").write_text("new")
    new = {"report.json": "new", "src": None, "src/new.c": "new"}
    assert tree(output) == {**new, "mine.txt": "old", "notes": None, "notes/a.txt": "old"}


def test_missing_folders_are_made(tmp_path):
    with staged(tmp_path / "a/b/out") as stage:
        (stage / "report.json").write_text("new")
    assert tree(tmp_path) == {"a": None, "a/b": None, "a/b/out": None, "a/b/out/report.json": "new"}


def test_nothing_is_seen_before_the_end(output):
    before = tree(output)
    with staged(output) as stage:
        (stage / "report.json").write_text("half")
        assert tree(output) == before
        assert stage.parent == output.parent, "moved in without copying"


@pytest.mark.parametrize("error", [McupruneError("x"), RuntimeError("x"), KeyboardInterrupt()])
def test_an_error_leaves_everything_as_it_was(tmp_path, output, error):
    before = tree(tmp_path)
    with pytest.raises(type(error)), staged(output) as stage:
        (stage / "report.json").write_text("half")
        (stage / "src").mkdir()
        raise error
    assert tree(tmp_path) == before


def test_an_error_leaves_no_new_folder(tmp_path):
    with pytest.raises(RuntimeError), staged(tmp_path / "a/b/out"):
        raise RuntimeError
    assert tree(tmp_path) == {}


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(UsageError, match=r"out is a file; choose another folder with -o"), staged(tmp_path / "out"):
        pass
    assert tree(tmp_path) == {"out": "mine"}


def test_a_file_on_the_way_to_the_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match=r"cannot write to .*file/out: "), staged(tmp_path / "file/out"):
        pass


def test_a_read_only_place_is_one_sentence(read_only):
    before = sorted(read_only.iterdir())
    sentence = r"cannot write to .*out: [\w ]+; choose another folder with -o\.$"
    with pytest.raises(UsageError, match=sentence), staged(read_only / "out"):
        pass
    assert sorted(read_only.iterdir()) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_noticed_before_the_work(output):
    output.chmod(0o555)
    with pytest.raises(UsageError, match="cannot write to"), staged(output):
        pytest.fail("the work began")
    output.chmod(0o755)


def test_a_folder_takes_the_place_of_a_file_and_a_file_that_of_a_folder(output):
    with staged(output) as stage:
        (stage / "src").write_text("new")
        (stage / "report.json").mkdir()
    assert {"src": "new", "report.json": None}.items() <= tree(output).items()


def test_a_link_to_a_folder_is_replaced_and_not_followed(tmp_path, output):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("old")
    (output / "src/old.c").unlink()
    (output / "src").rmdir()
    (output / "src").symlink_to(elsewhere)
    with staged(output) as stage:
        (stage / "src").mkdir()
    assert tree(elsewhere) == {"precious": "old"}
    assert not (output / "src").is_symlink()
