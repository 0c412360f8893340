"""PADV2: PAD whose frame is a constant operand."""

from mcuprune.ops.pad import check, lower, read, reference

__all__ = ["ABOUT", "CODE", "check", "lower", "read", "reference"]

CODE = "PADV2"
ABOUT = "constant paddings and value, on any dimensions"
