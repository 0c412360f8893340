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

from mcuprune import budget, ops, prune, quantize, samples
from mcuprune.compiled import read
from mcuprune.data import Data, fit, load, measure
from mcuprune.graph import Graph

ROOT = Path(__file__).parents[1]
RESULTS, PAGE = ROOT / "docs/accuracy.json", ROOT / "docs/ACCURACY.md"
SAMPLES = 2000  # random inputs, where there is no data
HEAD = """# Accuracy

What pruning costs, measured by `make accuracy` ([tools/accuracy.py](../tools/accuracy.py)), which also wrote this
page. Scores are of the int8 file on the whole test set, computed by the integer reference that TFLite's kernels and
the device agree with in every byte; the dense score is the float model's, before anything was done to it. Bytes are
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
    kept: str | None = None
    removed: str | None = None
    epochs: int | None = None
    seed: int = 0

    @property
    def title(self) -> str:
        how = f"{self.kept} of the weights" if self.kept else f"{float(Fraction(self.removed)):.1%} removed"
        return f"{Path(self.model).stem}, {self.method}, {how}"

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
    normal = case.data == "normal"
    data = None if normal else fit(load(str(folder / case.data), case.rescale), model.input_shape[1:])
    started = time.monotonic()
    result = prune.prune(
        model, data, sparsity=case.sparsity, method=case.method, epochs=case.epochs, seed=case.seed, say=click.echo
    )
    seconds = time.monotonic() - started
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "model.tflite"
        quantize.quantize(result.model, None if data is None else data.x_train, path, seed=case.seed)
        graph = read(path, "net")
    scores = _reconstruction(model, result.model) if normal else _accuracies(model, result.model, graph, data)
    matrices = [ops.OPS[op.kind].weights(graph, op) for op in budget.prunable(graph)]
    sizes = {"bytes": budget.weight_bytes(matrices), "parameters": result.model.count_params()}
    kernels = sum(kernel.numpy().size for _, kernel in prunable(model))
    dense = {"dense_bytes": kernels, "dense_parameters": model.count_params()}
    return {"epochs": len(result.history), "seconds": round(seconds), **scores, **sizes, **dense}


def _accuracies(model, pruned, graph: Graph, data: Data) -> dict[str, float]:
    from mcuprune.prune.objective import infer

    objective = infer(model, data)
    outputs = ops.run(graph, samples.quantize(data.x_test, graph.input))
    assert isinstance(outputs, np.ndarray)
    int8 = measure(objective.metric, samples.dequantize(outputs, graph.output), data.y_test)
    before, after = (prune.evaluate(each, data, objective) for each in (model, pruned))
    return {"dense": before, "float": after, "int8": int8}


def _reconstruction(model, pruned) -> dict[str, float]:
    x = np.random.default_rng(1).normal(size=(SAMPLES, *model.input_shape[1:])).astype(np.float32)
    wanted, got = (each(x, training=False).numpy() for each in (model, pruned))
    return {"error": float(np.linalg.norm(got - wanted) / np.linalg.norm(wanted - wanted.mean(axis=0)))}


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
            [Path(case.model).stem, case.method, stays, *(f"{r[name]:.2%}" for name in ("dense", "float", "int8")),
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
