"""The counting plugin is built once, by whichever C compiler there is, and its absence is told from other failures."""

import os
import shutil
import subprocess

import pytest

from mcuprune import board, profile

SOURCE = board.find_folder("firmware") / "plugin/count.c"

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    return tmp_path / "mcuprune"


def test_the_source_compiles_without_warnings(tmp_path):
    strict = ["-std=c11", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror"]
    subprocess.run(["cc", *strict, "-O2", "-shared", "-fPIC", SOURCE, "-o", tmp_path / "count.so"], check=True)


def test_it_is_compiled_on_first_use_only(cache, monkeypatch):
    first = profile.plugin()
    monkeypatch.setenv("PATH", "")
    assert profile.plugin() == first
    assert list(cache.iterdir()) == [first]


def test_no_compiler_is_a_plugin_error(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(profile.PluginError, match="no C compiler"):
        profile.plugin()


def test_a_compiler_that_fails_leaves_nothing_behind(cache, monkeypatch):
    monkeypatch.setenv("CC", "cc -Dint=nonsense")
    with pytest.raises(profile.PluginError, match="does not compile"):
        profile.plugin()
    assert list(cache.iterdir()) == []


def test_a_cache_folder_that_cannot_be_made_is_a_plugin_error(cache, monkeypatch):
    cache.write_text("a file in its place")
    with pytest.raises(profile.PluginError, match="cannot be built"):
        profile.plugin()


def test_ticks_are_nanoseconds_of_the_machine():
    assert profile.instructions_from_ticks(25_000_000, "mps2-an386") == 1_000_000_000


def test_a_home_that_may_not_be_looked_into_is_a_plugin_error(cache, monkeypatch):
    def denied(function):
        def call(path, *arguments, **options):
            if str(path).startswith(str(cache)):
                raise PermissionError(13, "Permission denied")
            return function(path, *arguments, **options)

        return call

    monkeypatch.setattr("os.stat", denied(os.stat))
    monkeypatch.setattr("os.mkdir", denied(os.mkdir))
    with pytest.raises(profile.PluginError, match=r"cannot be built in .*XDG_CACHE_HOME says where"):
        profile.plugin()
