"""`-o .` in a project of one's own: the user's `src` gave way to the generated one, and his model to the pruned one."""

import pytest

from mcuprune.errors import UsageError
from mcuprune.staging import PRECIOUS, staged


@pytest.mark.parametrize("name", PRECIOUS)
def test_what_is_no_earlier_build_keeps_its_sources_and_models(tmp_path, name):
    mine = tmp_path / name / "main.c" if name == "src" else tmp_path / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    with pytest.raises(UsageError, match=f"is not an earlier build, and its {name} would be lost"), staged(tmp_path):
        pytest.fail("the work began")
    assert mine.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == [name]
