"""EXPAND_DIMS: a dimension of 1 put in, a RESHAPE."""

from mcuprune.ops.reshape import WIDE, check, lower, read, reference

__all__ = ["ABOUT", "CODE", "WIDE", "check", "lower", "read", "reference"]

CODE = "EXPAND_DIMS"
ABOUT = "any axis; free"
