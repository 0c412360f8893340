"""Errors that people read.

An error is a sentence that names the thing, the number, the limit and the way out.  Its class decides the exit
code of the command line; anything that is not a McupruneError is a bug of ours and shows its traceback.
"""


class McupruneError(Exception):
    """Base of every error that is the caller's to fix, and the exit code it ends with."""

    exit_code = 2


class UsageError(McupruneError):
    """An option, a file or an array that cannot be used as given."""


class OverBudget(McupruneError):
    """The model does not fit the flash or RAM it was given."""

    exit_code = 3


class AccuracyError(McupruneError):
    """The model fits, but loses more accuracy than was allowed."""

    exit_code = 4


class UnsupportedModel(McupruneError):
    """A layer, operator or data type that cannot be pruned or compiled."""

    exit_code = 5


class ToolError(McupruneError):
    """An outside program is missing or failed."""

    exit_code = 6


class Mismatch(McupruneError):
    """Device and oracle disagree in at least one byte."""

    exit_code = 7
