"""SQUARE: x * x."""

from mcuprune.ops.neg import check, lower, read, reference

__all__ = ["ABOUT", "CODE", "check", "lower", "read", "reference"]

CODE = "SQUARE"
ABOUT = "where the converter left it in float32 between int8; a lookup table"
