"""`mcuprune doctor`: what is there, what is not, and how to get it."""

import pytest

from mcuprune import doctor

PROGRAMS = ["make", "arm-none-eabi-gcc", "cc", "qemu-system-arm"]


def lines(capsys) -> dict[str, str]:
    """{thing: 'ok' or '--', and what is said of it}"""
    printed = {}
    for line in capsys.readouterr().out.splitlines():
        name, _, said = line[4:].strip().partition("  ")
        printed[name] = f"{line[:2]} {said.strip()}"
    return printed


def test_all_that_is_needed_is_there_with_its_version(capsys):
    assert doctor.report() == 0
    found = lines(capsys)
    assert [name for name in PROGRAMS if not found[name].startswith("ok ")] == []
    assert "GNU Make" in found["make"]
    assert found["tflite-runtime"].startswith("ok ")


@pytest.mark.parametrize("missing", PROGRAMS)
def test_what_is_missing_is_named_with_the_way_to_get_it(capsys, installed, missing):
    installed(*(name for name in PROGRAMS if name != missing))
    assert doctor.report() == 6
    found = lines(capsys)
    assert found[missing].startswith("-- missing; install it with: apt-get install ")
    assert all(found[name].startswith("ok ") for name in PROGRAMS if name != missing)


def test_a_bare_machine_gets_a_list_and_no_traceback(capsys, installed):
    installed()
    assert doctor.report() == 6
    found = lines(capsys)
    assert all(found[name].startswith("-- missing") for name in PROGRAMS)
    assert found["flash tools"].startswith(("-- none of openocd", "ok uf2"))
