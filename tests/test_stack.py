"""The stack that machine code may need, of programs whose every way is known."""

import shutil
import subprocess
from pathlib import Path

import pytest

from mcuprune import stack

pytestmark = pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs gcc for Arm")

HEAD = """
    .syntax unified
    .thumb
    .globl __vectors
    .thumb_func
    .type mcup_reset, %function
    .section .text
__vectors:
    .space 64
"""
FUNCTION = """
    .type {name}, %function
    .thumb_func
{name}:
"""


def deepest(folder: Path, **functions: str) -> int:
    """Of a program of these functions, name = its lines."""
    (folder / "program.s").write_text(HEAD + "".join(FUNCTION.format(name=n) + text for n, text in functions.items()))
    elf, flags = folder / "program.elf", ["-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"]
    command = ["arm-none-eabi-gcc", *flags, "-nostdlib", "-Wl,-e,mcup_reset", "-o", elf, folder / "program.s"]
    subprocess.run(command, check=True)
    return stack.deepest(elf)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("push {r4, r5, lr}\n pop {r4, r5, pc}", 12),
        ("push {lr}\n vpush {d8-d9}\n sub sp, #20\n add sp, #20\n vpop {d8-d9}\n pop {pc}", 40),
        ("vpush {s16-s18}\n vpop {s16-s18}\n bx lr", 12),
        ("str lr, [sp, #-8]!\n strd r4, r5, [sp, #-16]!\n ldrd r4, r5, [sp], #16\n ldr pc, [sp], #8", 24),
        ("stmdb sp!, {r4-r11, lr}\n sub.w sp, sp, #512\n add.w sp, sp, #512\n ldmia.w sp!, {r4-r11, pc}", 548),
    ],
)
def test_whatever_moves_the_stack_pointer_counts(tmp_path, text, size):
    assert deepest(tmp_path, mcup_reset=text + "\n") == size


def test_the_deepest_way_is_found_behind_calls_and_branches(tmp_path):
    """A way that gives back what it took before it calls, one that does not, and one that leaves by a branch."""
    assert (
        deepest(
            tmp_path,
            mcup_reset="push {r4, lr}\n cbz r0, 1f\n pop {r4, lr}\n bl leaf\n bx lr\n1: bl middle\n pop {r4, pc}\n",
            middle="push {r4, r5}\n cmp r0, #3\n beq 2f\n pop {r4, r5}\n bx lr\n2: b leaf\n",
            leaf="sub sp, #40\n add sp, #40\n bx lr\n",
        )
        == 8 + 8 + 40
    )


def test_every_case_of_a_table_counts(tmp_path):
    text = """
    push {r4, lr}
    tbb [pc, r0]
1:  .byte (2f - 1b) / 2, (3f - 1b) / 2
2:  pop {r4, pc}
3:  sub sp, #24
    add sp, #24
    pop {r4, pc}
"""
    assert deepest(tmp_path, mcup_reset=text) == 32


def test_a_call_through_a_pointer_may_go_wherever_one_points(tmp_path):
    """Not to `other`, whose address is nowhere."""
    assert (
        deepest(
            tmp_path,
            mcup_reset="push {r4, lr}\n ldr r4, =pointed\n blx r4\n pop {r4, pc}\n .ltorg\n",
            pointed="push {r0-r3}\n pop {r0-r3}\n bx lr\n",
            other="sub sp, #400\n add sp, #400\n bx lr\n",
        )
        == 24
    )


def test_what_does_not_return_is_not_followed_into_the_next_function(tmp_path):
    assert (
        deepest(
            tmp_path,
            mcup_reset="push {r4, lr}\n bl leave\n",
            next="sub sp, #400\n add sp, #400\n bx lr\n",
            leave="sub sp, #16\n1: b 1b\n",
        )
        == 24
    )


def test_functions_that_call_one_another_end_the_search(tmp_path):
    assert deepest(tmp_path, mcup_reset="push {r4, lr}\n bl mcup_reset\n pop {r4, pc}\n") >= 8
