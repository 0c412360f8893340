"""RELU_0_TO_1: min(max(x, 0), 1)."""

from mcuprune.ops.relu import check, lower, read, reference

__all__ = ["ABOUT", "CODE", "check", "lower", "read", "reference"]

CODE = "RELU_0_TO_1"
ABOUT = "any scales and zero points; a lookup table"
