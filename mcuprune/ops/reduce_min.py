"""REDUCE_MIN: see REDUCE_MAX."""

from mcuprune.ops.reduce_max import check, lower, read, reference

__all__ = ["ABOUT", "CODE", "check", "lower", "read", "reference"]

CODE = "REDUCE_MIN"
ABOUT = "any constant axes of up to 4 dimensions, keep_dims or not; output of the input's scale"
