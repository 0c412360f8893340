"""MINIMUM: see MAXIMUM."""

from mcuprune.ops.maximum import check, lower, read, reference

__all__ = ["ABOUT", "CODE", "check", "lower", "read", "reference"]

CODE = "MINIMUM"
ABOUT = "operands and output of one scale and zero point, constants, broadcasting in up to 4 dimensions"
