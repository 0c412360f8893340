"""DEPTH_TO_SPACE: see SPACE_TO_DEPTH."""

from mcuprune.ops.space_to_depth import check, lower, read, reference

__all__ = ["ABOUT", "CODE", "check", "lower", "read", "reference"]

CODE = "DEPTH_TO_SPACE"
ABOUT = "any block size"
