"""The oracle: TFLite's own reference kernels run the .tflite in a process of their own.

tflite-runtime (CPython up to 3.11) or its successor ai-edge-litert, which knows some operators more.  They break when
TensorFlow or one another are in the same process, and a crash of theirs must not be a crash of ours, hence the child:
arrays go through files in a temporary folder.
Whatever the ends of the file are, the integers behind them go in and come out: float32 ends are dequantized and
quantized again exactly, uint8 ends are shifted by 128.
"""

import json
import struct
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import tflite

from mcuprune import lockstep, nibbles
from mcuprune.errors import ToolError

Tensors = dict[int, np.ndarray]
Inner = tuple[float, int, np.dtype]  # scale, zero point, type
# operator -> the newest version that every runtime knows
KNOWN_VERSIONS = {
    tflite.BuiltinOperator.CONV_2D: 6,
    tflite.BuiltinOperator.DEPTHWISE_CONV_2D: 6,
    tflite.BuiltinOperator.FULLY_CONNECTED: 9,
    tflite.BuiltinOperator.REVERSE_V2: 2,
    tflite.BuiltinOperator.TILE: 2,
}
RUNTIMES = {"tflite-runtime": "tflite_runtime", "ai-edge-litert": "ai_edge_litert"}  # package: module
LITERT = "ai-edge-litert"
ONLY_LITERT = {tflite.BuiltinOperator.LOG: "LOG", tflite.BuiltinOperator.SQRT: "SQRT"}  # has these in int8


def run(path: Path, inputs: np.ndarray, *, every_tensor: bool = False) -> np.ndarray | Tensors:
    """inputs: [n, ...], a sample each, as in mcuprune.ends -> outputs [n, *shape] without the batch of 1.

    With every_tensor, every tensor that an operator writes, by its index, in the file's own types.
    """
    return run_many([(path, inputs)], every_tensor=every_tensor)[0]


def run_many(
    cases: Sequence[tuple[Path, np.ndarray]], *, every_tensor: bool = False
) -> list[np.ndarray] | list[Tensors]:
    """As run, for several files in one child."""
    package = _package([path for path, _ in cases])  # one for all: two do not live in one process
    with TemporaryDirectory(prefix="mcuprune-") as folder:
        request, answer = Path(folder, "request.npz"), Path(folder, "answer.npz")
        paths = np.array(json.dumps([str(Path(path).resolve()) for path, _ in cases]))
        np.savez(request, paths=paths, **{str(i): inputs for i, (_, inputs) in enumerate(cases)})
        end = str(int(every_tensor)), RUNTIMES[package]
        command = [sys.executable, "-m", "mcuprune.oracle", str(request), str(answer), *end]
        home = Path(__file__).parents[1]  # where the child finds this package, installed or not
        result = subprocess.run(command, cwd=home, capture_output=True, text=True, errors="replace")
        if result.returncode:
            last_words = result.stderr.strip().splitlines()[-1:] or [f"it ended with status {result.returncode}"]
            raise ToolError(f"{name(cases[0][0])} cannot run {cases[0][0]}: {last_words[0]}")
        with np.load(answer) as found:
            answers: list[dict[str, np.ndarray]] = [{} for _ in cases]
            for key, array in found.items():
                case, tensor = key.split()
                answers[int(case)][tensor] = array
    if every_tensor:
        return [{int(tensor): array for tensor, array in answer.items()} for answer in answers]
    return [answer["output"] for answer in answers]


def name(path: Path) -> str:
    """What runs a file: 'tflite-runtime 2.14.0 BUILTIN_REF'"""
    package = _package([path])
    ordinary = " and its ordinary ELU" if tflite.BuiltinOperator.ELU in _kinds(path) else ""
    return f"{package} {version(package)} BUILTIN_REF{ordinary}"


def _package(paths: Sequence[Path]) -> str:
    """The package that runs all of these files."""
    missing = [(Path(path).name, ONLY_LITERT[kind]) for path in paths for kind in sorted(_kinds(path) & set(ONLY_LITERT))]
    for package in [LITERT] if missing else RUNTIMES:
        try:
            version(package)
        except PackageNotFoundError:
            continue
        return package
    for file, kind in missing:
        raise ToolError(
            f"The oracle of {file} is missing: tflite-runtime has no int8 {kind}. "
            f"pip install {LITERT}, or compile with --no-verify."
        )
    raise ToolError(f"The oracle is missing: pip install tflite-runtime (Python up to 3.11) or {LITERT}.")


def _kinds(path: Path) -> set[int]:
    """The operators in a file; none in one that is damaged, which the interpreter tells."""
    content = Path(path).read_bytes()
    if content[4:8] != b"TFL3":
        return set()
    model = tflite.Model.GetRootAs(content, 0)
    codes = (model.OperatorCodes(i) for i in range(model.OperatorCodesLength()))
    return {max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) for code in codes}


def _readable(content: bytes) -> bytes:
    """The file with operators in versions that older runtimes know, where newer ones only add types."""
    changed, model = bytearray(content), tflite.Model.GetRootAs(content, 0)
    for code in (model.OperatorCodes(i) for i in range(model.OperatorCodesLength())):
        known = KNOWN_VERSIONS.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()))
        if known and code.Version() > known:
            struct.pack_into("<i", changed, code._tab.Pos + code._tab.Offset(8), known)
    return bytes(_widened(changed, model))


def _widened(content: bytearray, model: tflite.Model) -> bytearray:
    """The file with its constants of four bits in eight: runtimes read the former in some operators only."""
    subgraph = model.Subgraphs(0)
    for tensor in (subgraph.Tensors(i) for i in range(subgraph.TensorsLength())):
        buffer = model.Buffers(tensor.Buffer())
        if tensor.Type() == tflite.TensorType.INT4 and buffer.DataLength():
            content[tensor._tab.Pos + tensor._tab.Offset(6)] = tflite.TensorType.INT8
            reference = buffer._tab.Pos + buffer._tab.Offset(4)
            values = nibbles.unpack(buffer.DataAsNumpy())[: int(np.prod(tensor.ShapeAsNumpy()))]
            content += bytes(-(len(content) + 4) % 16)  # constants are read where they lie, by words
            struct.pack_into("<I", content, reference, len(content) - reference)
            content += struct.pack("<I", len(values)) + values.tobytes()
    return content


def _interpreter(runtime, content: bytes, kernels: str = "BUILTIN_REF"):
    resolver = runtime.OpResolverType[kernels]
    return runtime.Interpreter(model_content=content, experimental_op_resolver_type=resolver)


def _inner_end(interpreter, details: dict, producer: bool) -> Inner:
    """Scale, zero point and type of the integers behind an end of the file; of uint8 they are int8."""
    if details["dtype"] != np.float32:
        return (*details["quantization"], np.dtype(np.int8 if details["dtype"] == np.uint8 else details["dtype"]))
    there, here = ("outputs", "inputs") if producer else ("inputs", "outputs")
    for op in interpreter._get_ops_details():
        if details["index"] in op[there]:
            inner = interpreter._get_tensor_details(op[here][0], 0)
            return (*inner["quantization"], np.dtype(inner["dtype"]))
    raise ValueError("a float end that is neither quantized nor dequantized")


def _columns(samples: np.ndarray, sources: Sequence[dict], inner: Sequence[Inner]) -> list[np.ndarray]:
    """Samples [n, ...] -> the bytes of each input, int8 [n, bytes], of the integers behind it."""
    sizes = [int(np.prod(s["shape"])) * dtype.itemsize for s, (_, _, dtype) in zip(sources, inner, strict=True)]
    return np.split(samples.reshape(len(samples), -1).view(np.int8), np.cumsum(sizes)[:-1], axis=1)


def _to_file(samples: np.ndarray, details: dict, inner: Inner) -> np.ndarray:
    """The bytes of an input, int8 [n, bytes] -> what the file's input takes, [n, *shape]."""
    scale, (_, zero_point, dtype) = np.float32(inner[0]), inner
    samples = np.ascontiguousarray(samples).view(dtype).reshape(len(samples), *details["shape"])
    if details["dtype"] == np.float32:
        return (samples.astype(np.float32) - zero_point) * scale
    return (samples.astype(np.int16) + 128).astype(np.uint8) if details["dtype"] == np.uint8 else samples


def _from_file(values: np.ndarray, details: dict, inner: Inner) -> np.ndarray:
    """The inverse of _to_file: what the file's output gives -> the integers behind it."""
    scale, (_, zero_point, dtype) = np.float32(inner[0]), inner
    if details["dtype"] == np.float32:
        return (np.rint(values / scale) + zero_point).astype(dtype)
    return (values.astype(np.int16) - 128).astype(np.int8) if details["dtype"] == np.uint8 else values


def _without_batch(values: np.ndarray) -> np.ndarray:
    """[n, 1, ...] -> [n, ...]"""
    return values[:, 0] if values.ndim > 1 and values.shape[1] == 1 else values


def _answer(runtime, path: str, samples: np.ndarray, every_tensor: bool) -> dict[str, np.ndarray]:
    """One file in the child: {'output': int8 [n, ...]} or {tensor index: [n, ...]}."""
    content, elus = lockstep.apart(_readable(Path(path).read_bytes()))
    interpreter, alone = _interpreter(runtime, content), None
    sources, targets = interpreter.get_input_details(), interpreter.get_output_details()
    ends = [_inner_end(interpreter, target, producer=True) for target in targets]
    inner = [_inner_end(interpreter, source, producer=False) for source in sources]
    written, taken, given = {target["index"] for target in targets}, set(), set()
    if elus:
        alone = _interpreter(runtime, elus, "BUILTIN_WITHOUT_DEFAULT_DELEGATES")
        alone.allocate_tensors()
        taken = {end["index"] for end in alone.get_input_details()}
        given = {end["index"] for end in alone.get_output_details()}
    if every_tensor:
        written = {int(i) for op in interpreter._get_ops_details() for i in op["outputs"]} | given
    if every_tensor or elus:  # only outputs are sure to keep their values: others share memory
        inputs = [source["index"] for source in sources] + sorted(given)
        interpreter = _interpreter(runtime, lockstep.with_ends(content, inputs, sorted(written | taken)))
    interpreter.allocate_tensors()
    values: dict[int, list[np.ndarray]] = {i: [] for i in sorted(written)}
    columns = [_to_file(*each) for each in zip(_columns(samples, sources, inner), sources, inner, strict=True)]
    for sample in zip(*columns, strict=True):
        for source, tensor in zip(sources, sample, strict=True):
            interpreter.set_tensor(source["index"], tensor)
        lockstep.invoke(interpreter, alone)
        for i in values:
            values[i].append(interpreter.get_tensor(i))
    arrays = {i: _without_batch(np.stack(v)) for i, v in values.items()}
    if every_tensor:
        return {str(i): array for i, array in arrays.items()}
    outputs = [_from_file(arrays[t["index"]], t, end) for t, end in zip(targets, ends, strict=True)]
    if len(outputs) > 1 or outputs[0].dtype not in (np.int8, np.int16):
        outputs = [np.concatenate([o.reshape(len(o), -1).view(np.int8) for o in outputs], axis=1)]
    return {"output": outputs[0]}


def _main(request: str, answer: str, every_tensor: str, module: str) -> None:
    runtime = import_module(f"{module}.interpreter")
    found: dict[str, np.ndarray] = {}
    with np.load(request) as arrays:
        for case, path in enumerate(json.loads(str(arrays["paths"]))):
            try:
                outputs = _answer(runtime, path, arrays[str(case)], every_tensor == "1")
            except (RuntimeError, ValueError) as error:  # what the interpreter raises, some lines long
                sys.exit(f"{Path(path).name}: {' '.join(str(error).split())}")
            found.update({f"{case} {tensor}": array for tensor, array in outputs.items()})
    np.savez(answer, **found)


if __name__ == "__main__":
    _main(*sys.argv[1:])
