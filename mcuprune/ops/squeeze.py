"""SQUEEZE: dimensions of 1 taken out, a RESHAPE."""

from mcuprune.ops.reshape import WIDE, check, lower, read, reference

__all__ = ["ABOUT", "CODE", "WIDE", "check", "lower", "read", "reference"]

CODE = "SQUEEZE"
ABOUT = "any dimensions; free"
