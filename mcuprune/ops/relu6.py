"""RELU6: min(max(x, 0), 6)."""

from mcuprune.ops.relu import check, lower, read, reference

__all__ = ["ABOUT", "CODE", "check", "lower", "read", "reference"]

CODE = "RELU6"
ABOUT = "any scales and zero points; a lookup table"
