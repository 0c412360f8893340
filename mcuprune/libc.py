"""How often the loops of memcpy and memset run, for mcuprune.cost: what one takes is the same in every kernel.

The C library is newlib-nano.  Between two multiples of four bytes its memcpy moves blocks and words; on Cortex-M0 only
if there are 16 bytes or more, and single bytes in every other case.  Other cores move words from anywhere if there are
8 bytes or more.  Tensors and scratch begin at multiples of four bytes.
"""

from math import gcd


def copied(count: int, size: int, aligned: float | None = None) -> dict[str, float]:
    """The work of so many copies of `size` bytes.

    aligned: how many of them have both ends at multiples of four bytes; None: as many as is to be expected where
    copies lie at any multiples of their size.
    """
    if aligned is None:
        aligned = count * _share(size) ** 2
    apart, (words, rest) = count - aligned, divmod(size, 4)
    work = {"1": aligned * rest, "tail": aligned * (rest > 0)}
    if size < 16:
        work["short"] = aligned * words
    else:
        work |= {"long": aligned, "64": aligned * (size // 64), "16": aligned * (size % 64 // 16)}
        work["4"] = aligned * (size % 16 // 4)
    if size < 8:  # the last three are apart from the loop
        last = min(size, 3)
        work |= {"apart": apart, "byte": apart * (size - last)}
        work |= {"1": work["1"] + apart * last, "tail": work["tail"] + apart}
    else:
        work |= {"far": apart, "far_16": apart * (size // 16), "far_4": apart * (size % 16 // 4)}
        work["far_byte"] = apart * size
    return {f"memcpy_{step}": n for step, n in work.items()}


def filled(count: int, size: int, aligned: float | None = None) -> dict[str, float]:
    """The work of filling `size` bytes so many times.  aligned: how many of them begin at multiples of four bytes."""
    apart = count * (1 - _share(size)) if aligned is None else count - aligned
    head = min(size, 2)  # bytes up to a multiple of four, of those that do not start there: 2 of 1 to 3
    work = {"memset_head": apart * head}
    for times, rest in ((count - apart, size), (apart, size - head)):
        loops = {"words": rest > 3, "16": rest // 16, "4": rest % 16 // 4, "1": rest % 4}
        work |= {f"memset_{step}": work.get(f"memset_{step}", 0.0) + times * n for step, n in loops.items()}
    return work


def _share(size: int) -> float:
    """The share of multiples of four among the multiples of a size.

    >>> [_share(size) for size in (1, 2, 3, 4, 6, 8)]
    [0.25, 0.5, 0.25, 1.0, 0.5, 1.0]
    """
    return gcd(size, 4) / 4
