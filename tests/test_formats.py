"""docs/FORMATS.md is right: its examples are read and made again by the code."""

import json
import re
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mcuprune import fixed
from mcuprune.board import find_folder
from mcuprune.encodings import ENCODINGS
from mcuprune.ops.fully_connected import Matrix
from mcuprune.report import Report

TEXT = (Path(__file__).parents[1] / "docs/FORMATS.md").read_text(encoding="utf-8")
FIRMWARE = find_folder("firmware")
ROW = struct.Struct("<iibBH")
needs_cc = pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler for this computer")


def boxes(language: str) -> list[list[tuple[str, str]]]:
    """[(word, rest)] of every line of every ```language box; the rest begins in column 10."""
    found = re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    return [[(line.split()[0], line[10:].strip()) for line in box.splitlines()] for box in found]


def values(lines: list[tuple[str, str]], word: str) -> list[str]:
    return [rest for first, rest in lines if first == word]


def numbers(text: str) -> dict[str, int]:
    """'bytes 4, entry 1'"""
    return {name: int(value) for name, value in (item.split() for item in text.split(","))}


def weights(text: str) -> list[int]:
    """'1 0*3 7' -> [1, 0, 0, 0, 7]"""
    items = [item.partition("*") for item in text.split()]
    return [int(value) for value, _, count in items for _ in range(int(count or 1))]


EXAMPLES = [(name, lines) for name in ENCODINGS for lines in boxes(name)]


def test_every_encoding_has_an_example():
    assert {name for name, _ in EXAMPLES} == set(ENCODINGS)


@pytest.mark.parametrize(("encoding", "lines"), EXAMPLES)
def test_weights_encode_to_the_documented_bytes(encoding, lines):
    matrix = np.array([weights(text) for text in values(lines, "weights")], np.int8)
    encoded = ENCODINGS[encoding].encode(matrix)
    rows = [bytes.fromhex(text) for text in values(lines, "stream")]
    assert encoded.stream.tobytes() == b"".join(rows)
    assert encoded.row_bytes.tolist() == [len(row) for row in rows]
    none = np.zeros(len(matrix), np.int64)
    table = Matrix(matrix, none, none, none, 0, -128, 127).fields(encoded)["row"].values
    for row, text in zip(table.tolist(), values(lines, "row"), strict=True):
        assert numbers(text) == {"bytes": row[4], "entry": row[3]}


def test_a_row_has_the_documented_bytes_and_meaning():
    (lines,) = boxes("row")
    fields = numbers(*values(lines, "fields"))
    assert ROW.pack(*fields.values()) == bytes.fromhex(*values(lines, "bytes"))
    acc, scaled = map(int, values(lines, "scaled")[0].split("->"))
    assert fixed.multiply_by_quantized_multiplier(np.array(acc), fields["multiplier"], -fields["shift"]) == scaled


@needs_cc
def test_the_row_struct_lies_as_documented(tmp_path):
    fields = re.findall(r"^\| (\d+) \| `(\w+)` \| `(\w+)` \|", TEXT, re.MULTILINE)
    assert [name for _, _, name in fields] == ["bias", "multiplier", "shift", "entry", "bytes"]
    claims = [f"sizeof(mcup_row_t) == {ROW.size}"]
    for offset, ctype, name in fields:
        claims += [f"offsetof(mcup_row_t, {name}) == {offset}", f"sizeof(((mcup_row_t *)0)->{name}) == sizeof({ctype})"]
        claims += [f"_Generic(((mcup_row_t *)0)->{name}, {ctype}: 1, default: 0)"]
    source = tmp_path / "claims.c"
    source.write_text('#include "mcuprune.h"\n' + "".join(f'_Static_assert({claim}, "");\n' for claim in claims))
    subprocess.run(["cc", "-std=c11", "-fsyntax-only", f"-I{FIRMWARE / 'include'}", str(source)], check=True)


def test_the_report_is_one():
    (box,) = re.findall(r"^```json\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert json.dumps(Report.from_json(json.loads(box)).to_json()) == json.dumps(json.loads(box))


BOARD_C = """
#include <stdio.h>
#include <stdlib.h>
#include "mcup_board.h"
#include "mcup_model.h"
void mcup_board_start(void) {}
uint8_t mcup_board_read(void)
{
    int byte = getchar();
    if (byte == EOF) {
        exit(0);
    }
    return (uint8_t)byte;
}
void mcup_board_write(uint8_t byte) { putchar(byte); }
void toy_invoke(const int8_t *input, int8_t *output)
{
    for (int i = 0; i < 4; i++) {
        output[i] = input[3 - i];
    }
}
"""
MODEL_H = """
#include <stdint.h>
#define MCUP_MODEL_INPUT_SIZE 4
#define MCUP_MODEL_OUTPUT_SIZE 4
#define mcup_model_invoke toy_invoke
void toy_invoke(const int8_t *input, int8_t *output);
"""


@needs_cc
def test_the_production_program_speaks_the_documented_frames(tmp_path):
    (tmp_path / "board.c").write_text(BOARD_C)
    (tmp_path / "mcup_model.h").write_text(MODEL_H)
    include = [f"-I{tmp_path}", f"-I{FIRMWARE / 'include'}"]
    sources = [str(tmp_path / "board.c"), str(FIRMWARE / "app/main.c")]
    subprocess.run(["cc", "-std=c11", *include, *sources, "-o", str(tmp_path / "toy")], check=True)
    lines = [line for box in boxes("frame") for line in box]
    requests, replies = (b"".join(map(bytes.fromhex, values(lines, word))) for word in ("request", "reply"))
    assert subprocess.run([tmp_path / "toy"], input=requests, capture_output=True, check=True).stdout == replies
