"""Numbers as people write and read them: '256KB' is 262144 bytes, and 48,128 bytes read as '47 KB'.

Memory is counted in powers of two, so KB, K and KiB are all 1024 bytes.
"""

import re

from mcuprune.errors import UsageError

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
PATTERN = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(?:([KMG]?)(?:I?B)?)", re.IGNORECASE | re.ASCII)
ADDRESS_SPACE = 1 << 32  # bytes that a 32-bit core can address


def parse_size(text: str | int, option: str) -> int:
    """A size in bytes; `option` is what an error names.

    >>> parse_size("256KB", "--budget"), parse_size("1.5M", "--budget"), parse_size("65536", "--budget")
    (262144, 1572864, 65536)
    """
    found = PATTERN.fullmatch(str(text).strip())
    if not found:
        raise UsageError(f"{option} {text!r} is not a size; write it like 256KB, 1MB or 65536 (bytes).")
    size = float(found[1]) * UNITS[found[2].upper()]
    if size <= 0:
        raise UsageError(f"{option} {text} must be more than zero; write it like 256KB, 1MB or 65536 (bytes).")
    if size > ADDRESS_SPACE:
        raise UsageError(
            f"{option} {text} is more than the 4 GB that a microcontroller can address; is the unit right?"
        )
    if not size.is_integer():
        raise UsageError(f"{option} {text} is {size} bytes; give a size that is a whole number of bytes.")
    return int(size)


def format_size(size: int) -> str:
    """Bytes in the largest unit that is full, with one decimal unless it is exact.

    >>> format_size(512), format_size(65536), format_size(48200)
    ('512 B', '64 KB', '47.1 KB')
    """
    for unit in "GMK":
        if size >= UNITS[unit]:
            whole = size % UNITS[unit] == 0
            return f"{size / UNITS[unit]:.{0 if whole else 1}f} {unit}B"
    return f"{size} B"


def format_share(share: float | None) -> str:
    """A fraction in percent, '-' where there is none.

    >>> format_share(0.831), format_share(None)
    ('83.1 %', '-')
    """
    return "-" if share is None else f"{100 * share:.1f} %"


def format_count(count: int | None) -> str:
    """A number with its thousands apart, '-' where there is none."""
    return "-" if count is None else f"{count:,}"
