"""From the words of the command line to the values of the program, and from its reports back to the terminal."""

import sys
from pathlib import Path

import click

from mcuprune.errors import UsageError
from mcuprune.staging import check_file


def request(model, board_name, options, log):
    """The options as a Request, every one of them checked."""
    import hashlib

    from mcuprune import board, declare
    from mcuprune.report import Budget
    from mcuprune.request import SAMPLES, Request

    if board_name is None:
        raise UsageError("say which board with --board; `mcuprune boards` lists them.")
    chosen = board.load(board_name)
    if chosen.name != board_name:
        log(f"{board_name} is {chosen.name} ({chosen.title})")
    if model is not None and not model.is_file():
        folder = f"{model} is not a file. Of a SavedModel save the Keras model: model.save('model.keras')."
        raise UsageError(folder if model.exists() else f"{model} does not exist.")
    name = declare.c_name(model.stem) if model else "digits"
    training = {k: options[k] for k in ("method", "epochs", "max_drop", "resume") if k in options}
    if "method" in options:
        wanted = options["sparsity"]
        training["options"], training["sparsity"] = how(options["method"], wanted, options["epochs"], options)
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
        stateful=options["stateful"],
        **training,
    )


def how(method, sparsity, epochs, options):
    """(Options of the method, the sparsity), checked."""
    from dataclasses import fields

    from mcuprune.prune import check
    from mcuprune.request import Options

    chosen = Options(**{field.name: options[field.name] for field in fields(Options)})
    return chosen, check(method, sparsity, chosen, epochs)


def methods() -> str:
    """Every pruning method, explained."""
    from textwrap import fill

    from mcuprune.prune import methods

    texts = []
    for name in methods.NAMES:
        options = ", ".join(f"--{option}" for option in methods.options(name)) or "none"
        about = fill(methods.about(name), 100, initial_indent="    ", subsequent_indent="    ")
        share = f"A sparsity is a share of the {methods.unit(name)}."
        texts.append(f"{name}\n{about}\n    {share} Options: {options}.")
    return "\n\n".join(texts)


def data(options):
    """The Data that was named, None without."""
    from mcuprune.data import load

    if options["data"] is None and options["rescale"] is not None:
        raise UsageError("--rescale multiplies the samples of --data; without data there are none.")
    return load(options["data"], options["rescale"]) if options["data"] else None


def keras_model(model, found, seed, log):
    """(keras.Model, Data or None): the file's with the data that was found, or the bundled example's."""
    if model is None:
        if found:
            raise UsageError("--data needs a MODEL; without one the bundled example is built, with its own data.")
        from mcuprune import example

        log("no MODEL given: training the bundled example, handwritten digits")
        return example.digits(seed=seed)
    from mcuprune.prune import indices, loading

    log(f"loading {model}")
    loaded = loading.load(model)
    return loaded, indices.fitted(loaded, found) if found else None


def pruned(model, output, options, log) -> str:
    """Prune a Keras model into a file; what to say about it."""
    chosen, sparsity = how(options["method"], options["sparsity"], options["epochs"], options)
    if sparsity is None:
        raise UsageError("say how much to prune, such as --sparsity 0.8")
    check_file(output)
    from mcuprune import prune
    from mcuprune.prune import interrupt, loading, objective

    loaded, found = keras_model(model, data(options), options["seed"], log)
    checkpoints = prune.Checkpoints.beside(output, options["resume"], log)
    stop = interrupt.Interrupt()
    result = prune.prune(
        loaded,
        found,
        sparsity=sparsity,
        method=options["method"],
        epochs=options["epochs"],
        seed=options["seed"],
        options=chosen,
        progress=progress(log),
        say=log,
        checkpoints=checkpoints,
        interrupt=stop,
    )
    loading.save(result.model, output)
    text = f"{output}: sparsity {result.sparsity:.4f}"
    if found is not None:
        purpose = objective.infer(loaded, found)
        before, after = (prune.evaluate(each, found, purpose) for each in (loaded, result.model))
        text += f", {purpose.metric} {before:.4f} -> {after:.4f} on the test set"
    if stop.asked:
        log("interrupted: this is the best so far; the same command with --resume goes on")
    else:
        checkpoints.remove()
    return text


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
