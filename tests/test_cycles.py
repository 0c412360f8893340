"""Facts about the timing of each core, and agreement with the yardstick on random blocks of real code."""

import os
import random
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from mcuprune import cycles, thumb
from mcuprune.errors import UsageError

SHARED = Path(os.environ.get("MCUPRUNE_SHARED", Path(__file__).parents[2] / "shared"))
YARDSTICK = SHARED / "yardstick/cyc.py"


def lines(*code: str) -> list[thumb.Line]:
    """Code at address 0, every instruction two bytes long."""
    parts = [text.partition(" ") for text in code]
    return [thumb.Line(2 * i, "code", mnemonic, operands, "") for i, (mnemonic, _, operands) in enumerate(parts)]


def cost(cpu: str, *code: str, executions: int = 1, fallthroughs: int = 1) -> int:
    block = cycles.Block(0, len(code), executions, fallthroughs)
    return cycles.estimate(cpu, [block], thumb.Listing(lines(*code)))


def test_m4_overlaps_loads_that_do_not_wait_for_each_other():
    assert cost("cortex-m4", "ldr r0, [r4]", "ldr r1, [r4, #4]", "ldr r2, [r4, #8]") == 4
    assert cost("cortex-m4", "ldr r0, [r4]", "ldr r1, [r0]") == 4
    assert cost("cortex-m4", "ldr r0, [r4], #4", "ldr r1, [r4]") == 4
    assert cost("cortex-m4", "ldr r0, [r4]", "adds r2, #1", "ldr r1, [r4, #4]") == 5


def test_m4_moves_a_word_a_cycle_after_the_first():
    assert cost("cortex-m4", "push {r4, r5, r6, lr}") == 5
    assert cost("cortex-m4", "pop {r4, r5, r6, pc}") == 7
    assert cost("cortex-m4", "ldrd r0, r1, [r2]") == 3


def test_long_multiplies_are_slow_on_m3_only():
    code = ("mla r0, r1, r2, r3", "smull r0, r1, r2, r3", "smlal r0, r1, r2, r3")
    assert cost("cortex-m3", *code) == 2 + 4 + 5
    assert cost("cortex-m4", *code) == 3


@pytest.mark.parametrize(("cpu", "taken"), [("cortex-m0", 3), ("cortex-m0plus", 2), ("cortex-m3", 3), ("cortex-m4", 3)])
def test_a_branch_that_is_not_taken_costs_one_cycle(cpu, taken):
    assert cost(cpu, "bne.n 0", executions=10, fallthroughs=10) == 10
    assert cost(cpu, "bne.n 0", executions=10, fallthroughs=1) == 9 * taken + 1


def test_m0plus_has_a_shorter_pipeline_than_m0():
    code = ("bl 44", "pop {r4, pc}", "bx lr")
    assert cost("cortex-m0", *code) == 4 + 6 + 3
    assert cost("cortex-m0plus", *code) == 3 + 5 + 2


def test_m7_issues_two_instructions_a_cycle():
    assert cost("cortex-m7", "adds r0, #1", "adds r1, #1", "adds r2, #1", "adds r3, #1") == 2
    assert cost("cortex-m7", "adds r0, #1", "adds r0, #1", "adds r0, #1", "adds r0, #1") == 4


def test_m7_has_one_multiplier_that_adds_to_its_last_sum_at_once():
    assert cost("cortex-m7", "mul r0, r4, r5", "mul r1, r4, r5") == 2
    assert cost("cortex-m7", "mla r0, r4, r5, r0", "mla r0, r6, r7, r0", "mla r0, r8, r9, r0") == 3
    assert cost("cortex-m7", "mla r0, r4, r5, r0", "adds r1, r0, #1") == 3


def test_m55_overlaps_vector_loads_with_arithmetic():
    load, add = "vldrb.u8 q0, [r0], #16", "vmladava.s8 r2, q1, q2"
    assert cost("cortex-m55", load, add, load, add) == 5
    assert cost("cortex-m55", load, load, add, add) == 7
    assert cost("cortex-m55", load, "adds r0, #1", add) == 5


def test_m33_is_taken_as_m4():
    assert cycles.CORES["cortex-m33"] == cycles.CORES["cortex-m4"]


def test_executions_multiply():
    assert cost("cortex-m4", "ldr r0, [r1]", "adds r0, #1", executions=1000, fallthroughs=0) == 3000


def test_a_core_without_a_model_is_refused_with_those_that_have_one():
    with pytest.raises(UsageError, match=r"cortex-a53.*cortex-m0, .*cortex-m55"):
        cost("cortex-a53", "nop")


LIBRARY = """
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int order(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

int main(int count, char **word)
{
    static int values[64];
    double real = strtod(word[1], 0);
    float single = strtof(word[1], 0);
    for (int i = 0; i < 64; i++) {
        values[i] += count * values[63 - i];
    }
    qsort(values, 64, sizeof *values, order);
    memmove(values, values + 1, 80);
    return (int)(exp(real) / pow(real, 3) + (double)sqrtf(single)) + (int)(strtoll(word[2], 0, 0) * count / 7);
}
"""
FLAGS = {
    "m0": ["-mcpu=cortex-m0"],
    "m0p": ["-mcpu=cortex-m0plus"],
    "m3": ["-mcpu=cortex-m3"],
    "m4": ["-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"],
    "m7": ["-mcpu=cortex-m7", "-mfpu=fpv5-d16", "-mfloat-abi=hard"],
    "m55": ["-mcpu=cortex-m55", "-mfloat-abi=hard"],
}


@pytest.mark.skipif(not YARDSTICK.exists(), reason=f"{YARDSTICK} is not there; MCUPRUNE_SHARED says where it is")
@pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="needs gcc-arm-none-eabi")
@pytest.mark.parametrize("core", FLAGS)
def test_any_block_takes_what_the_yardstick_says(core, tmp_path):
    source, elf, nothing = (tmp_path / name for name in ("library.c", "library.elf", "profile.txt"))
    source.write_text(LIBRARY)
    nothing.touch()
    command = ["arm-none-eabi-gcc", "-mthumb", *FLAGS[core], "-O3", "--specs=nosys.specs", source, "-lm", "-o", elf]
    subprocess.run(command, check=True, capture_output=True)
    yardstick = runpy.run_path(str(YARDSTICK))
    measure, reference = yardstick["MODELS"][core], yardstick["Profile"](str(elf), str(nothing))
    listing = thumb.disassemble(elf)
    model = cycles.CORES["cortex-m0plus" if core == "m0p" else f"cortex-{core}"]

    chance = random.Random(0)
    for _ in range(3000):
        start = chance.randrange(len(listing.lines) - 24)
        address, count = listing.lines[start].address, chance.randint(1, 24)
        code = [line.address for line in listing.lines[start : start + count]]
        block = [yardstick["decode"](a, *reference.ins[a]) for a in code]
        assert (model.block(listing.block(address, count)), model.taken) == measure(block), listing.lines[start]
