"""Write firmware/include/mcup_sigmoid_table.h: what mcup_sigmoid_lookup.h looks up.

Logistic function and tanh of every format are one function, h(x) = 2 / (1 + exp(-x)) of x >= 0 in Q3, answers in Q2:
what mcuprune.sigmoid rounds on the way depends on x alone, not on the bits before its point.  Close to it run straight
lines, one for every 256 arguments, and never above it; the rest, 0 to 7 everywhere, is noise, and kept as it is.

    python tools/sigmoid_table.py
"""

from collections.abc import Iterator

import numpy as np

from mcuprune import sigmoid
from mcuprune.board import find_folder

TARGET = find_folder("firmware") / "include/mcup_sigmoid_table.h"
LINE = 256  # arguments
LEVEL = 1 << 15  # on the line that begins here the slope is 0: a kernel takes this argument for -2^15
ARGUMENTS = 147 * LINE  # at the last of them, and beyond, the answer is one: 2^14
MOST = 7  # that three bits hold
HEAD = """\
/* Logistic function and tanh as lines and what is missing from them; mcup_sigmoid_lookup.h reads it.
 * Written by tools/sigmoid_table.py.  Do not edit. */
#ifndef MCUP_SIGMOID_TABLE_H
#define MCUP_SIGMOID_TABLE_H

#include <stdint.h>
"""


def answers() -> np.ndarray:
    """h(x) for x = 0, 1 ... in Q3: int64 [ARGUMENTS].  From 8 on only even arguments count, which Q4 has, too."""
    logistic, tanh = sigmoid.logistic().astype(np.int64), sigmoid.tanh(3).astype(np.int64)
    below_8 = logistic[: 1 << 15] >> 1
    above = np.minimum((tanh[: ARGUMENTS // 2] + 3 >> 2) + (1 << 13), 1 << 14)  # saturated: 32767 stands for 2^15
    return np.concatenate([below_8, above[len(below_8) // 2 :].repeat(2)])


def lines(h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """uint32 [ARGUMENTS / LINE]: 2^16 * start + slope, so that line + slope * x is 2^15 times what the line gives;
    and how far h is above, uint8 [ARGUMENTS]."""
    found = []
    for first in range(0, ARGUMENTS, LINE):
        x, y = np.arange(first, first + LINE), h[first : first + LINE]
        around = (y[-1] - y[0] << 15) // LINE
        slopes = np.clip(around + np.arange(-512, 513, 8), 0, (1 << 15) - 1) if first != LEVEL else [0]
        found.append(min((_line(x, y, int(slope)) for slope in slopes), key=lambda line: line[1].max()))
    rest = np.concatenate([rest for _, rest in found])
    assert rest.min() >= 0 and rest.max() <= MOST, rest.max()
    return np.array([line for line, _ in found], np.uint32), rest.astype(np.uint8)


def _line(x: np.ndarray, y: np.ndarray, slope: int) -> tuple[int, np.ndarray]:
    """The highest line of a slope that is nowhere above y."""
    start = int(((y << 15) + (1 << 15) - 1 - slope * (x + 1) >> 16).min())
    return (start << 16) + slope & 0xFFFFFFFF, y - ((start << 16) + slope * (x + 1) >> 15)


def packed(rest: np.ndarray) -> np.ndarray:
    """Three bits of each, the first ones lowest; one byte more, as two are read at once."""
    bits = (rest[:, None] >> np.arange(3)) & 1
    return np.append(np.packbits(bits.reshape(-1), bitorder="little"), np.uint8(0))


def text() -> str:
    line, rest = lines(answers())
    return "\n".join([HEAD, *_array("uint32_t", "mcup_sigmoid_line", [f"0x{v:08x}" for v in line], 8),
                      "", *_array("uint8_t", "mcup_sigmoid_rest", list(map(str, packed(rest))), 19),
                      "", "#endif", ""])  # fmt: skip


def _array(ctype: str, name: str, values: list[str], per_row: int) -> Iterator[str]:
    width = max(map(len, values))
    yield f"static const {ctype} {name}[{len(values)}] = {{"
    for start in range(0, len(values), per_row):
        yield f"    {', '.join(v.rjust(width) for v in values[start : start + per_row])},"
    yield "};"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
