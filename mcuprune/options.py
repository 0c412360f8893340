"""Options that several commands share."""

from pathlib import Path

import click

SAMPLES_HELP = (
    "Samples in a .npy file, or an .npz with an array for each of several inputs: int8 as they are, other types as "
    "real values, which are quantized."
)


DATA_HELP = "An .npz with x_train y_train x_test y_test, or package.module:function."
GOALS = ("size", "speed", "balanced")
# The names in prune/, whose modules would import much for a help text.  tests/test_cli.py compares them.
CRITERIA = ("magnitude", "obd", "taylor")
ALLOCATIONS = ("global", "uniform", "lamp", "erk")
SCHEDULES = ("cubic", "geometric")
REWINDS = ("start", "early", "rate")


class Size(click.ParamType):
    """256KB, 1MB, 65536."""

    name = "size"

    def convert(self, value, param, ctx):
        from mcuprune.sizes import parse_size

        return parse_size(value, f"--{param.name}" if param else "the size")


def dataset(function):
    """The data of commands that make no firmware."""
    for option in (
        click.option("--rescale", metavar="F", help="Multiply the data by this, such as 1/255."),
        click.option("--data", help=DATA_HELP),
    ):
        function = option(function)
    return function


def training(function):
    """What may be said about pruning; methods know different ones of the options from --criterion on."""
    for option in reversed(
        [
            click.option(
                "--method", default="gradual", show_default=True, help="`mcuprune prune --list` explains them."
            ),
            click.option(
                "--sparsity", type=click.FloatRange(0, 1, max_open=True), help="Prune this share of the weights."
            ),
            click.option("--epochs", type=click.IntRange(1), help="Of training while pruning and after it."),
            click.option("--criterion", type=click.Choice(CRITERIA), help="What a weight is worth."),
            click.option("--allocation", type=click.Choice(ALLOCATIONS), help="How sparsity spreads over the layers."),
            click.option(
                "--pattern",
                metavar="P",
                help="unstructured, 1x4, or N:M such as 2:4: N of M weights stay. By default 1x4 in LSTM layers, and "
                "unstructured elsewhere.",
            ),
            click.option("--schedule", type=click.Choice(SCHEDULES), help="How fast sparsity rises."),
            click.option("--shadow/--no-shadow", default=None, help="Let what was pruned come back while it rises."),
            click.option("--distill/--no-distill", default=None, help="Learn from the dense model's outputs, too."),
            click.option("--rewind", type=click.Choice(REWINDS), help="Where a lottery ticket starts again."),
            click.option("--resume", is_flag=True, help="Go on with a training that was killed."),
        ]
    ):
        function = option(function)
    return function


def common(function):
    """Options of every command that makes firmware."""
    for option in reversed(
        [
            click.option("--board", "board_name", metavar="B", help="Board; `mcuprune boards` lists them."),
            click.option("--budget", type=Size(), help="Flash that the whole image may take, such as 64KB."),
            click.option("--ram", type=Size(), help="RAM that it may take, stack included."),
            click.option("--data", help=DATA_HELP),
            click.option("--rescale", metavar="F", help="Multiply the data by this, such as 1/255."),
            click.option("--optimize", "goal", type=click.Choice(GOALS), help="Default: the fastest that fits."),
            click.option("--samples", type=click.IntRange(1, 100_000), help="Inferences to compare with the oracle."),
            click.option("--seed", type=click.IntRange(0), default=0, help="Equal seeds give equal results."),
            click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: build/<model>-<board>."),
            click.option("--stateful", is_flag=True, help="LSTM layers go on from inference to inference."),
            click.option("--no-verify", is_flag=True, help="Do not run the firmware in the emulator."),
            click.option("--json", "as_json", is_flag=True, help="Print the report as JSON."),
        ]
    ):
        function = option(function)
    return function
