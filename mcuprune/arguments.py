"""From the words of the command line to the values of the program, and from its reports back to the terminal."""

import sys
from pathlib import Path

import click

from mcuprune.errors import UsageError


def request(model, board_name, options, log):
    """The options as a Request, every one of them checked."""
    import hashlib

    from mcuprune import board, emit
    from mcuprune.prune import methods
    from mcuprune.report import Budget
    from mcuprune.request import SAMPLES, Request

    if board_name is None:
        raise UsageError("say which board with --board; `mcuprune boards` lists them.")
    chosen = board.load(board_name)
    if chosen.name != board_name:
        log(f"{board_name} is {chosen.name} ({chosen.title})")
    if model is not None and not model.is_file():
        raise UsageError(f"{model} does not exist." if not model.exists() else f"{model} is not a file.")
    name = emit.c_name(model.stem) if model else "digits"
    if "method" in options:
        methods.check(options["method"])
    training = {k: options[k] for k in ("method", "sparsity", "max_drop", "epochs") if k in options}
    return Request(
        name=name,
        source=model.name if model else "bundled example",
        sha256=hashlib.sha256(model.read_bytes()).hexdigest() if model else "",
        board=chosen,
        output=options["output"] or Path("build") / f"{name}-{chosen.name}",
        budget=Budget(options["budget"], options["ram"]),
        data=data(options),
        goal=options["goal"],
        seed=options["seed"],
        samples=options["samples"] or SAMPLES,
        verify=not options["no_verify"],
        **training,
    )


def data(options):
    """The Data that was named, None without."""
    from mcuprune.data import load

    return load(options["data"], options["rescale"]) if options["data"] else None


def keras_model(model, found, seed, log):
    """(keras.Model, Data or None): the file's with the data that was found, or the bundled example's."""
    from mcuprune.data import fit

    if model is None:
        if found:
            raise UsageError("--data needs a MODEL; without one the bundled example is built, with its own data.")
        from mcuprune import example

        log("no MODEL given: training the bundled example, handwritten digits")
        return example.digits(seed=seed)
    from mcuprune.prune import loading

    log(f"loading {model}")
    loaded = loading.load(model)
    return loaded, fit(found, loaded.input_shape[1:]) if found else None


def progress(log):
    from mcuprune.prune.progress import Progress

    return Progress() if log.verbosity >= 0 else None


def show(report, output, as_json) -> None:
    import json

    from mcuprune import report_text

    if as_json:
        click.echo(json.dumps(report.to_json(), indent=2))
    else:
        report_text.show(report, file=sys.stdout)
        click.echo(f"firmware and reports are in {output}")
