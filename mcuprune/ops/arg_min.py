"""ARG_MIN: see ARG_MAX."""

from mcuprune.ops.arg_max import INTEGERS, check, lower, read, reference

__all__ = ["ABOUT", "CODE", "INTEGERS", "check", "lower", "read", "reference"]

CODE = "ARG_MIN"
ABOUT = "any constant axis; an int32 or int64 output of the network"
