"""Facts about the decoding of Thumb instructions from objdump's text."""

import shutil
import subprocess
from pathlib import Path

import pytest

from mcuprune import thumb
from mcuprune.errors import UsageError
from mcuprune.thumb import decode

KINDS = {
    "branch": ["b.n 80001c0"],
    "branch_if": ["beq.n 80001c0", "bls.w 80001c0", "ble.n 80001c0", "blt.n 80001c0", "cbz r0, 44"],
    "branch_to": ["bx lr", "bxeq lr", "blx r3"],
    "call": ["bl 80001c0", "bleq 80001c0"],
    "table": ["tbb [pc, r0]"],
    "load": ["ldr.w r0, [r1]", "ldrb r0, [r1, r2]", "ldrsh.w r0, [r1], #2", "ldrne r0, [r1]", "vldr d0, [r0]"],
    "store": ["str r0, [r1]", "strb.w r0, [r1], #1", "strheq r0, [r1]"],
    "store_fp": ["vstr s0, [r0]"],
    "load_pair": ["ldrd r0, r1, [r2], #8"],
    "store_pair": ["strd r0, r1, [r2]"],
    "load_many": ["pop {r4, pc}", "popne {r4, pc}", "ldmia r0!, {r1, r2}", "ldmdb r0, {r1}", "vpop {d8}"],
    "store_many": ["push {r4, lr}", "stmdb sp!, {r4, r5}", "vpush {d8-d15}"],
    "multiply": [
        "muls r0, r1, r0",
        "mul.w r0, r1, r2",
        "smlad r0, r1, r2, r3",
        "smulbb r0, r1, r2",
        "smuadx r0, r1, r2",
    ],
    "multiply_add": ["mla r0, r1, r2, r3", "mls r0, r1, r2, r3", "mlane r0, r1, r2, r3"],
    "multiply_long": ["smull r0, r1, r2, r3", "umull r0, r1, r2, r3"],
    "multiply_add_long": [
        "smlal r0, r1, r2, r3",
        "umlal r0, r1, r2, r3",
        "smlald r0, r1, r2, r3",
        "umaal r0, r1, r2, r3",
    ],
    "divide": ["sdiv r0, r1, r2", "udiv r0, r1, r2"],
    "fp": ["vmov s0, r0", "vadd.f32 s0, s1, s2"],
    "fp_multiply_add": ["vfma.f32 s0, s1, s2", "vmla.f32 s0, s1, s2"],
    "fp_divide": ["vdiv.f32 s0, s1, s2", "vsqrt.f32 s0, s1"],
    "vector": ["vmladava.s8 r2, q0, q1", "vadd.i32 q0, q1, q2", "vaddva.s32 r0, q1"],
    "vector_memory": ["vldrb.s16 q0, [r0], #8", "vstrw.32 q0, [r1]"],
    "it": ["it eq", "ittet ne"],
    "compare": ["cmp r0, #3", "tst.w r0, r1", "cmnne r0, r1"],
    "alu": ["adds r0, r1, r2", "movs r0, #1", "ssat r0, #8, r1, asr #2", "uadd8 r0, r1, r2", "le lr, 44", "nop"],
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in KINDS.items() for text in texts])
def test_mnemonics_have_their_kind(kind, text):
    mnemonic, _, operands = text.partition(" ")
    assert decode(mnemonic, operands).kind == kind


def test_every_kind_has_an_example():
    assert set(KINDS) == {kind for kind, _ in thumb.KINDS} | {"vector", "vector_memory"}


@pytest.mark.parametrize(("text", "words"), [("{r4, lr}", 2), ("{r4, r5, r6, r7, r8, pc}", 6), ("{r4-r7, lr}", 5)])
def test_words_are_the_registers_of_the_list(text, words):
    assert decode("push", text).words == words


@pytest.mark.parametrize("text", ["r0, [r1], #4", "r0, [r1, #4]!"])
def test_write_back_changes_the_base(text):
    assert decode("ldr.w", text).writes == ("r0", "r1")
    assert decode("str.w", text).writes == ("r1",)


def test_an_offset_leaves_the_base():
    assert decode("ldr", "r0, [r1, #4]").writes == ("r0",)


def test_arithmetic_on_two_operands_reads_both():
    assert decode("adds", "r0, #1").reads == ("r0",)
    assert decode("eors", "r0, r1").reads == ("r0", "r1")


def test_moves_do_not_read_what_they_write():
    assert decode("movs", "r0, r1").reads == ("r1",)
    assert decode("sxtb16", "r0, r1, ror #8").reads == ("r1",)
    assert decode("movt", "r0, #8192").reads == ("r0",)


def test_a_sum_is_read_apart_from_the_factors():
    assert decode("smlad", "r0, r1, r2, r3").reads == ("r1", "r2")
    assert decode("smlad", "r0, r1, r2, r3").accumulator == "r3"
    assert decode("smlal", "r0, r1, r2, r3").accumulator == "r0"
    assert decode("smull", "r0, r1, r2, r3").accumulator is None


def test_loads_and_moves_into_pc_jump():
    assert decode("pop", "{r4, pc}").jumps and decode("ldr.w", "pc, [r0]").jumps and decode("mov", "pc, lr").jumps
    assert not decode("pop", "{r4, lr}").jumps and not decode("ldr", "r0, [pc, #16]").jumps


@pytest.fixture(scope="module")
def listing(tmp_path_factory) -> thumb.Listing:
    if shutil.which(thumb.OBJDUMP) is None:
        pytest.skip("needs the binutils of gcc-arm-none-eabi")
    source, elf = (tmp_path_factory.mktemp("thumb") / name for name in ("code.s", "code.elf"))
    source.write_text("""
        .syntax unified
        .thumb
        .globl _start
        .type _start, %function
        .type leaf, %function
        _start:
            push {r4, lr}
            ldr r0, =0x12345678
            bl leaf
            bl leaf
            pop {r4, pc}
            .pool
        leaf:
            movs r0, #64
            bx lr
    """)
    tool = "arm-none-eabi-"
    subprocess.run([f"{tool}as", "-mcpu=cortex-m0", source, "-o", elf.with_suffix(".o")], check=True)
    subprocess.run([f"{tool}ld", "-Ttext=0x100", elf.with_suffix(".o"), "-o", elf], check=True)
    return thumb.disassemble(Path(elf))


def test_calls_name_caller_callee_and_return_address(listing):
    assert listing.calls() == [("_start", "leaf", 0x108), ("_start", "leaf", 0x10C)]


def test_data_between_functions_is_left_out(listing):
    assert [line.mnemonic for line in listing.lines] == ["push", "ldr", "bl", "bl", "pop", "movs", "bx"]


def test_comments_are_not_operands(listing):
    entry = listing.index[listing.entry("leaf")]
    assert listing.lines[entry].operands == "r0, #64"
    assert listing.lines[1].operands == "r0, [pc, #12]"


def test_a_function_that_is_not_there_is_named(listing):
    with pytest.raises(UsageError, match="no function kws_invoke"):
        listing.entry("kws_invoke")
