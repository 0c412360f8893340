"""TFLite's runtime by itself, in a process of its own.

mcuprune.oracle widens weights of four bits and forgets the state of a sample before the next; here both are as in the
file.
"""

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

PACKAGE = "tflite-runtime" if find_spec("tflite_runtime") else "ai-edge-litert"


def run(path: Path, samples: np.ndarray) -> np.ndarray:
    """The outputs of inferences that follow one another.  samples: [n, *shape] -> [n, *shape]"""
    with TemporaryDirectory(prefix="mcuprune-") as folder:
        file = Path(folder, "samples.npy")
        np.save(file, samples)
        subprocess.run([sys.executable, __file__, path, file], check=True)
        return np.load(file)


def _main(path: str, file: str) -> None:
    runtime = import_module(f"{PACKAGE.replace('-', '_')}.interpreter")
    model = runtime.Interpreter(path, experimental_op_resolver_type=runtime.OpResolverType.BUILTIN_REF)
    model.allocate_tensors()
    (source,), (target,) = model.get_input_details(), model.get_output_details()
    results = []
    for sample in np.load(file):
        model.set_tensor(source["index"], sample[None])
        model.invoke()
        results.append(model.get_tensor(target["index"])[0])
    np.save(file, results)


if __name__ == "__main__":
    _main(*sys.argv[1:])
