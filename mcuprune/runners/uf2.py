"""UF2: a boot loader that shows up as a drive and programs what is copied there.  A board's value: its family id.

A .uf2 file is a row of blocks of 512 bytes that each say where their 256 bytes go, so that they may arrive in any
order (https://github.com/microsoft/uf2):

    magic 0, magic 1, flags, address, 256, block number, number of blocks, family    8 words, little-endian
    256 bytes of the image, 220 zeros, magic 2
"""

import struct
from pathlib import Path

from mcuprune.board import Board
from mcuprune.errors import ToolError

HELP = "hold the board's BOOT button while you plug it in, so that its drive appears"
IMAGE = "production.uf2"

MAGIC = 0x0A324655, 0x9E5D5157, 0x0AB16F30
FAMILY_PRESENT = 0x2000
PAYLOAD = 256
PADDING = 220

MEDIA = "/Volumes", "/media", "/run/media"  # macOS, Debian, Fedora


def encode(image: bytes, address: int, family: int) -> bytes:
    """The .uf2 file that puts the image at this address; the last block is filled up with zeros."""
    chunks = [image[at : at + PAYLOAD].ljust(PAYLOAD, b"\0") for at in range(0, len(image), PAYLOAD)]
    return b"".join(
        struct.pack("<8I", *MAGIC[:2], FAMILY_PRESENT, address + PAYLOAD * number, PAYLOAD, number, len(chunks), family)
        + chunk
        + bytes(PADDING)
        + struct.pack("<I", MAGIC[2])
        for number, chunk in enumerate(chunks)
    )


def drives() -> list[Path]:
    """Mounted drives of UF2 boot loaders: every one has a file INFO_UF2.TXT."""
    levels = ("*/INFO_UF2.TXT", "*/*/INFO_UF2.TXT")
    return [info.parent for folder in MEDIA for level in levels for info in sorted(Path(folder).glob(level))]


def found() -> bool:
    return bool(drives())


def command(board: Board, folder: Path) -> list[str]:
    mounted = drives()
    if not mounted:
        raise ToolError(f"the drive of {board.name} is not mounted; {HELP}.")
    return ["cp", str(folder / IMAGE), str(mounted[0])]
