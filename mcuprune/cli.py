"""The command line: parse, call, print, and map errors to exit codes.

stdout carries the result, stderr progress and log.  What is slow to import is imported by the command that needs it.
"""

import signal
import sys
import tomllib
from functools import partial
from pathlib import Path

import click

from mcuprune import __version__, arguments
from mcuprune.errors import McupruneError, UsageError
from mcuprune.options import SAMPLES_HELP, common, dataset, training
from mcuprune.staging import check_file

EPILOG = (
    "Exit codes: 0 ok, 1 a bug of mcuprune, 2 bad usage or unreadable input, 3 over budget, 4 accuracy below what was "
    "demanded, 5 unsupported model, 6 a tool is missing or failed, 7 device and oracle disagree."
)


class Log:
    """Progress for people, on stderr."""

    def __init__(self, verbosity: int) -> None:
        self.verbosity = verbosity

    def __call__(self, message: str) -> None:
        if self.verbosity >= 0:
            click.echo(message, err=True)


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="mcuprune")
@click.option("-q", "--quiet", count=True, help="Print no progress.")
@click.option("-v", "--verbose", count=True, help="Print more.")
@click.pass_context
def cli(context: click.Context, quiet: int, verbose: int) -> None:
    """Prune and quantize Keras models until they fit a microcontroller, and run them there.

    \b
    mcuprune build --board stm32 --budget 64KB                  the bundled example, from training to firmware
    mcuprune build model.keras --data data.npz --board rpi_pico --budget 256KB
    mcuprune compile model.tflite --board nucleo_l4r5zi
    """
    context.obj = Log(verbose - quiet)
    if context.invoked_subcommand == "build":
        context.default_map = {"build": _project_defaults()}


def _project_defaults() -> dict:
    """The [tool.mcuprune] table of the pyproject.toml in the current folder: options of `build` by their names."""
    path = Path("pyproject.toml")
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("mcuprune", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"pyproject.toml cannot be read: {error}") from None
    parameters = {_spelled(parameter): parameter.name for parameter in build.params}
    for key in table:
        if key not in parameters:
            raise UsageError(f"pyproject.toml: [tool.mcuprune] has no key {key!r}; it has {', '.join(parameters)}")
    return {parameters[key]: value for key, value in table.items()}


def _spelled(parameter: click.Parameter) -> str:
    """'model' or the long name of an option: 'max-drop'."""
    return max(parameter.opts, key=len).removeprefix("--")


@cli.command()
@click.argument("model", required=False, type=click.Path(path_type=Path))
@common
@training
@click.option("--max-drop", type=click.FloatRange(0), metavar="P", help="Fail when more points of accuracy are lost.")
@click.pass_obj
def build(log, model, board_name, as_json, **options):
    """The main job: prune a Keras model as far as the budgets demand, compile it, run it, report.

    MODEL is .keras, .h5 or an int8 .tflite.  Without it, the [tool.mcuprune] table of pyproject.toml is used, else
    the bundled example.
    """
    from mcuprune import pipeline

    request = arguments.request(model, board_name, options, log)
    if model is not None and model.suffix == ".tflite":
        for name in ("sparsity", "epochs"):
            if options[name] is not None:
                raise UsageError(f"--{name} prunes Keras models; {model} is quantized already and is only compiled.")
        report = pipeline.compile_model(model, request, log)
    else:
        load = partial(arguments.keras_model, model, request.data, request.seed, log)
        report = pipeline.build_model(load, request, log, arguments.progress(log))
    arguments.show(report, request.output, as_json)


@cli.command("compile")
@click.argument("model", type=click.Path(path_type=Path))
@common
@click.pass_obj
def compile_command(log, model, board_name, as_json, **options):
    """The compiling half alone: an int8 .tflite becomes firmware.  Needs no TensorFlow."""
    from mcuprune import pipeline

    if model.suffix in (".keras", ".h5"):
        raise UsageError(f"{model} is a Keras model; use `mcuprune build`, or quantize it first.")
    request = arguments.request(model, board_name, options, log)
    arguments.show(pipeline.compile_model(model, request, log), request.output, as_json)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--data", help="Also measure accuracy on x_test and y_test of this .npz or package.module:function.")
@click.option("--rescale", metavar="F", help="Multiply the data by this, such as 1/255.")
@click.option("--samples", type=click.IntRange(1, 100_000), default=16, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, help="Of random inputs, where there is no data.")
@click.option("--junit", type=click.Path(path_type=Path), help="Write a JUnit report for CI.")
@click.pass_obj
def verify(log, folder, data, rescale, samples, seed, junit):
    """Run the firmware of a build in the emulator and compare every output byte with the oracle."""
    from mcuprune import stages

    result = stages.verify(folder, data, rescale, samples, seed, log)
    if junit:
        stages.write_junit(result, junit)
    click.echo(result.text)
    if result.error:
        raise result.error


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--input", "source", required=True, type=click.Path(path_type=Path), help=SAMPLES_HELP)
@click.option("--output", type=click.Path(path_type=Path), help="Write the results to this .npy or .npz file.")
def run(folder, source, output):
    """Run inference in the emulator."""
    from mcuprune import stages

    click.echo(stages.run(folder, source, output))


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True)
def bench(folder, as_json):
    """Count the instructions of one inference, layer by layer, and estimate its cycles."""
    from mcuprune import stages

    arguments.show(stages.bench(folder), folder, as_json)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--tool", help="openocd, pyocd, probe-rs, st-flash or uf2; default: the first that is installed.")
@click.option("--dry-run", is_flag=True, help="Print the exact command and do nothing.")
def flash(folder, tool, dry_run):
    """Program a board with the production image of a build."""
    import shlex

    from mcuprune import flash as flasher
    from mcuprune import stages

    board = stages.board_of(folder)
    if dry_run:
        command, note = flasher.preview(board, folder, tool)
        click.echo(shlex.join(command))
        click.echo(note, err=True, nl=bool(note))
    else:
        flasher.program(board, folder, tool)


@cli.command()
@click.argument("model", required=False, type=click.Path(path_type=Path))
@dataset
@training
@click.option("--seed", type=click.IntRange(0), default=0, help="Equal seeds give equal results.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The pruned model, .keras.")
@click.option("--list", "list_methods", is_flag=True, help="Explain the methods, and do nothing.")
@click.pass_obj
def prune(log, model, output, list_methods, **options):
    """The training half's first step alone: a Keras model with this fraction of its weights zero, or gone."""
    if list_methods:
        click.echo(arguments.methods())
        return
    if model is None or output is None:
        raise UsageError("say which MODEL to prune and where to write it: mcuprune prune model.keras -o pruned.keras")
    if output.suffix != ".keras":
        raise UsageError(f"-o {output}: the pruned model is written as .keras")
    click.echo(arguments.pruned(model, output, options, log))


@cli.command()
@click.argument("model", type=click.Path(path_type=Path))
@dataset
@click.option("--seed", type=click.IntRange(0), default=0)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The int8 .tflite.")
@click.pass_obj
def quantize(log, model, data, rescale, seed, output):
    """The training half's second step alone: Keras to int8 .tflite.

    The training samples calibrate the ranges of activations.
    """
    if data is None:
        raise UsageError("quantizing needs --data: its training samples calibrate the ranges of activations")
    if output.suffix != ".tflite":
        raise UsageError(f"-o {output}: the int8 model is written as .tflite")
    check_file(output)
    from mcuprune import quantize as quantizing

    loaded, dataset = arguments.keras_model(model, arguments.data({"data": data, "rescale": rescale}), seed, log)
    quantizing.quantize(loaded, dataset.x_train, output, seed=seed)
    click.echo(f"{output}: {output.stat().st_size:,} bytes")


@cli.command()
@click.argument("target", metavar="MODEL|DIR", type=click.Path(path_type=Path))
@click.option("--memory", is_flag=True, help="How an int8 model or a build uses its RAM, layer by layer.")
@click.option("--board", "board_name", metavar="B", help="With --memory: the board to choose kernels for.")
def inspect(target, memory, board_name):
    """The layers of a model or of a build: shape, sparsity, encoding, bytes."""
    from mcuprune import inspect as inspecting

    if memory:
        inspecting.memory(target, board_name)
    elif board_name:
        raise UsageError("--board says what --memory is planned for; without it nothing depends on a board.")
    else:
        inspecting.show(target)


@cli.command()
@click.argument("name", required=False)
def boards(name):
    """The boards that firmware can be made for."""
    from mcuprune import board

    if name:
        click.echo(board.describe(board.load(name)))
        return
    for b in board.all_boards():
        also = f"  (= {', '.join(b.aliases)})" if b.aliases else ""
        flash, ram = (f"{region.size // 1024} KB" for region in (b.flash, b.ram))
        where = f"QEMU {b.qemu}" if b.qemu else f"runs on QEMU {b.machine.name}"
        click.echo(f"{b.name:18}{b.cpu:16}{flash:>9} flash {ram:>8} RAM  {where:28}{b.title}{also}")


@cli.command()
def ops():
    """The operators that can be compiled, and why some cannot."""
    from mcuprune import ops as operators
    from mcuprune.refusals import REFUSED

    for module in operators.OPS.values():
        click.echo(f"{module.CODE:24} {module.ABOUT}{'; int16, too' if getattr(module, 'WIDE', False) else ''}")
    click.echo("\nnot supported:")
    for name, (why, rewrite) in REFUSED.items():
        click.echo(f"{name:24} {why}; {rewrite}")


@cli.command()
def doctor():
    """What is installed, and how to get what is not."""
    from mcuprune import doctor as checks

    raise SystemExit(checks.report())


def main() -> None:
    """The console script."""
    # what a CI system or a container sends in the end: with an exception, what is half done goes as with Ctrl-C
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(2)
    except McupruneError as wrong:
        click.echo(f"error: {wrong}", err=True)
        sys.exit(wrong.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted: nothing was written", err=True)
        sys.exit(130)
