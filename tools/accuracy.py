"""Measure what pruning costs in accuracy, and write docs/ACCURACY.md.

python tools/accuracy.py MODELS DATA [WORD ...]     cases whose title has all the words, all of them without
python tools/accuracy.py --page                     the page anew, from what was measured

Cases are in tools/accuracy.toml, results in docs/accuracy.json.  Every score is of the int8 file, on the whole test
set, by the integer reference that device and TFLite agree with; sizes are of the encoded weights, indices included.
"""

import json
import sys
import tempfile
import time
import tomllib
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import click
import numpy as np

from mcuprune import board, budget, measure, prune
from mcuprune.data import fit, load
from mcuprune.request import Options, Request

ROOT = Path(__file__).parents[1]
RESULTS, PAGE = ROOT / "docs/accuracy.json", ROOT / "docs/ACCURACY.md"
BOARD = "mps2_an386"  # everything fits
SAMPLES = 2000  # random inputs, where there is no data
HEAD = """# Accuracy

What pruning costs, measured by `make accuracy` ([tools/accuracy.py](../tools/accuracy.py)), which also wrote this
page. Scores are of the int8 file on the whole test set, computed by the integer reference that TFLite's kernels and
the device agree with in every byte; the dense score is the float model's, before anything was done to it. Where int8
lost more than 0.2 points on samples held back, the last epochs were quantization-aware, as in any build. Bytes are
those of the prunable weights as they are stored, indices included, against a byte each. Epochs are those of all
phases together; seconds are wall-clock time of pruning on two cores, which other work may have shared. A held-back
part of the training data chose the epoch; the test set was used for these scores alone.

"""


@dataclass(frozen=True)
class Case:
    model: str
    data: str
    rescale: str | None = None
    method: str = prune.METHOD
    pattern: str | None = None
    kept: str | None = None
    removed: str | None = None
    epochs: int | None = None
    seed: int = 0

    @property
    def title(self) -> str:
        how = f"{self.kept} of the weights" if self.kept else f"{float(Fraction(self.removed)):.1%} removed"
        return f"{Path(self.model).stem}, {self.way}, {how}"

    @property
    def way(self) -> str:
        return f"{self.method}, {self.pattern}" if self.pattern else self.method

    @property
    def sparsity(self) -> float:
        return float(1 - Fraction(self.kept) if self.kept else Fraction(self.removed))


def cases() -> list[Case]:
    with open(ROOT / "tools/accuracy.toml", "rb") as file:
        return [Case(**case) for case in tomllib.load(file)["case"]]


def measured(case: Case, models: Path, folder: Path) -> dict:
    """The record of a case."""
    from mcuprune.prune.layers import prunable
    from mcuprune.prune.loading import load as load_model

    model = load_model(models / case.model)
    kernels = sum(kernel.numpy().size for _, kernel in prunable(model))
    dense = {"dense_bytes": kernels, "dense_parameters": model.count_params()}
    return (_without_data if case.data == "normal" else _built)(case, models, folder, model) | dense


def _built(case: Case, models: Path, folder: Path, model) -> dict:
    """What `mcuprune build` makes of the model, without running it."""
    from mcuprune.training import Trainer

    data = fit(load(str(folder / case.data), case.rescale), model.input_shape[1:])
    with tempfile.TemporaryDirectory() as made:
        request = Request(
            name="net", source=case.model, sha256="", board=board.load(BOARD), output=Path(made) / "net", data=data,
            method=case.method, options=Options(pattern=case.pattern), sparsity=case.sparsity, epochs=case.epochs,
            seed=case.seed, verify=False,
        )  # fmt: skip
        started = time.monotonic()
        trainer = Trainer(model, request, click.echo, None)
        trainer.compile(Path(made))
        compiled = trainer.tune(trainer.prune(case.sparsity))
        seconds = time.monotonic() - started
        accuracy = measure.accuracy(compiled, request, trainer.trained())
    return {
        "epochs": len(trainer.history),
        "seconds": round(seconds),
        "dense": accuracy.float,
        "float": accuracy.pruned,
        "int8": accuracy.int8,
        "bytes": budget.weight_bytes(budget.mask(compiled.original, 0)),
        "parameters": trainer.model.count_params(),
    }


def _without_data(case: Case, models: Path, folder: Path, model) -> dict:
    """The outputs of the pruned model against those of the dense one."""
    started = time.monotonic()
    result = prune.prune(model, None, sparsity=case.sparsity, method=case.method, seed=case.seed, say=click.echo)
    x = np.random.default_rng(1).normal(size=(SAMPLES, *model.input_shape[1:])).astype(np.float32)
    wanted, got = (each(x, training=False).numpy() for each in (model, result.model))
    error = float(np.linalg.norm(got - wanted) / np.linalg.norm(wanted - wanted.mean(axis=0)))
    return {"seconds": round(time.monotonic() - started), "error": error}


def page(results: dict[str, dict]) -> str:
    scored = {case: r for case in cases() if "int8" in (r := results.get(case.title, {}))}
    rebuilt = {case: r for case in cases() if "error" in (r := results.get(case.title, {}))}
    rows = [
        [
            "model",
            "method",
            "what stays",
            "dense",
            "pruned",
            "int8",
            "points lost",
            "bytes",
            "epochs",
            "seconds",
            "seed",
        ]
    ]
    for case, r in scored.items():
        share = r["parameters"] / r["dense_parameters"]
        stays = f"{case.kept} of the weights" if case.kept else f"{share:.1%} of all parameters"
        rows.append(
            [Path(case.model).stem, case.way, stays, *(f"{r[name]:.2%}" for name in ("dense", "float", "int8")),
             f"{100 * (r['dense'] - r['int8']):.2f}", f"{r['bytes']:,} of {r['dense_bytes']:,}", str(r["epochs"]),
             str(r["seconds"]), str(case.seed)]
        )  # fmt: skip
    text = HEAD + _table(rows)
    if rebuilt:
        rows = [["model", "method", "what stays", "error of the outputs", "seconds"]]
        for case, r in rebuilt.items():
            stays = f"{case.kept} of the weights"
            rows.append([Path(case.model).stem, case.method, stays, f"{r['error']:.1%}", str(r["seconds"])])
        text += (
            "\nWithout data: how far the outputs are from the dense model's on random normal inputs, as a share of the "
            "deviation\nof these (root of mean squares).\n\n" + _table(rows)
        )
    return text


def _table(rows: list[list[str]]) -> str:
    head, *body = rows
    return "".join(f"| {' | '.join(row)} |\n" for row in [head, ["---"] * len(head), *body])


def recorded() -> dict[str, dict]:
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}


def main() -> None:
    if sys.argv[1:] != ["--page"]:
        if len(sys.argv) < 3 or not all(Path(folder).is_dir() for folder in sys.argv[1:3]):
            sys.exit("name the folders of the models and of the data: make accuracy MODELS=... DATA=...")
        models, folder, words = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
        for case in cases():
            if all(word in case.title for word in words):
                click.echo(case.title)
                record = asdict(case) | measured(case, models, folder)
                click.echo(json.dumps(record))
                results = recorded() | {case.title: record}
                RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(recorded()), encoding="utf-8")


if __name__ == "__main__":
    main()
