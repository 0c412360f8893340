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
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import tflite

from mcuprune import lockstep, nibbles, pointwise, schema
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
    tflite.BuiltinOperator.TRANSPOSE_CONV: 3,  # the fourth clamps, in those we take to all of the output's range
}
RUNTIMES = "tflite-runtime", "ai-edge-litert"
POINTWISE = "ai-edge-litert"  # which has no reference kernel of FULLY_CONNECTED in fixed point
NEWER = "SQRT", "LOG"  # operators that only the latter has for int8
REFERENCE, ORDINARY = "BUILTIN_REF", "BUILTIN_WITHOUT_DEFAULT_DELEGATES"  # sets of kernels
EVERY_INT8 = np.arange(256, dtype=np.uint8).view(np.int8)  # in the order of a table


def run(path: Path, inputs: np.ndarray, *, every_tensor: bool = False) -> np.ndarray | Tensors:
    """inputs: [n, ...], a sample each, as in mcuprune.ends -> outputs [n, *shape] without the batch of 1.

    With every_tensor, every tensor that an operator writes, by its index, in the file's own types.
    """
    return run_many([(path, inputs)], every_tensor=every_tensor)[0]


def run_many(
    cases: Sequence[tuple[Path, np.ndarray]], *, every_tensor: bool = False
) -> list[np.ndarray] | list[Tensors]:
    """As run, for several files in one child."""
    tables = _tables([path for path, _ in cases])
    return _run_child(_package(), REFERENCE, cases, tables, every_tensor=every_tensor)


def name(path: Path) -> str:
    """What runs a file: 'tflite-runtime 2.14.0 BUILTIN_REF'"""
    content = Path(path).read_bytes()
    _, functions = lockstep.apart(content)
    others = sorted({f"{f.kind} of {package} {version(package)}" for f in functions if (package := _package(f.kind))})
    if _package() == POINTWISE and pointwise.convolved(content) is not content:
        others.append("FULLY_CONNECTED as CONV_2D")
    return ", ".join([f"{_package()} {version(_package())} {REFERENCE}", *others])


def _package(kind: str | None = None) -> str:
    """The package that is there, or that runs a kind of operator which lacks reference kernels."""
    for package in RUNTIMES:
        if package == "tflite-runtime" and kind in NEWER:
            continue
        try:
            version(package)
        except PackageNotFoundError:
            continue
        return package
    if kind in NEWER:
        raise ToolError(
            f"The oracle of {kind} is missing, tflite-runtime has it in float32 only: "
            "pip install ai-edge-litert, or compile with --no-verify."
        )
    raise ToolError("The oracle is missing: pip install tflite-runtime (Python up to 3.11) or ai-edge-litert.")


def _tables(paths: Sequence[Path]) -> dict[str, np.ndarray]:
    """The answers to every int8 of the operators without reference kernels, int8 [256] by '<case> <tensor>'."""
    tables: dict[str, np.ndarray] = {}
    with TemporaryDirectory(prefix="mcuprune-") as folder:
        asked: dict[str, dict[str, tuple[Path, np.ndarray]]] = {}  # by package, by key
        for case, path in enumerate(paths):
            for f in lockstep.apart(Path(path).read_bytes())[1]:
                key = f"{case} {f.target}"
                file = Path(folder, f"{key}.tflite")
                file.write_bytes(f.file)
                asked.setdefault(_package(f.kind), {})[key] = file, np.repeat(EVERY_INT8[:, None], f.size, axis=1)
        for package, cases in asked.items():
            answers = _run_child(package, ORDINARY, list(cases.values()), {}, every_tensor=False)
            tables |= {key: y.reshape(256, -1)[:, 0] for key, y in zip(cases, answers, strict=True)}
    return tables


def _run_child(package: str, kernels: str, cases: Sequence[tuple[Path, np.ndarray]], tables, *, every_tensor: bool):
    with TemporaryDirectory(prefix="mcuprune-") as folder:
        request, answer = Path(folder, "request.npz"), Path(folder, "answer.npz")
        paths = np.array(json.dumps([str(Path(path).resolve()) for path, _ in cases]))
        np.savez(request, paths=paths, **{str(i): inputs for i, (_, inputs) in enumerate(cases)}, **tables)
        how = package, kernels, str(int(every_tensor))
        command = [sys.executable, "-m", "mcuprune.oracle", str(request), str(answer), *how]
        home = Path(__file__).parents[1]  # where the child finds this package, installed or not
        result = subprocess.run(command, cwd=home, capture_output=True, text=True, errors="replace")
        if result.returncode:
            last_words = result.stderr.strip().splitlines()[-1:] or [f"it ended with status {result.returncode}"]
            raise ToolError(f"{package} {version(package)} {kernels} cannot run {cases[0][0]}: {last_words[0]}")
        with np.load(answer) as found:
            answers: list[dict[str, np.ndarray]] = [{} for _ in cases]
            for key, array in found.items():
                case, tensor = key.split()
                answers[int(case)][tensor] = array
    if every_tensor:
        return [{int(tensor): array for tensor, array in answer.items()} for answer in answers]
    return [answer["output"] for answer in answers]


def _readable(content: bytes) -> bytes:
    """The file with operators in versions that older runtimes know, where newer ones only add types."""
    changed, model = bytearray(content), tflite.Model.GetRootAs(content, 0)
    for code in (model.OperatorCodes(i) for i in range(model.OperatorCodesLength())):
        known = KNOWN_VERSIONS.get(schema.number(code))
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


def _interpreter(package: str, kernels: str, content: bytes):
    if package == "tflite-runtime":
        from tflite_runtime import interpreter as runtime
    else:
        from ai_edge_litert import interpreter as runtime
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


def _answer(
    package: str, kernels: str, path: str, samples: np.ndarray, tables: Tensors, every_tensor: bool
) -> dict[str, np.ndarray]:
    """One file in the child: {'output': int8 [n, ...]} or {tensor index: [n, ...]}."""
    content = _readable(Path(path).read_bytes())
    content, functions = lockstep.apart(content) if kernels == REFERENCE else (content, [])
    interpreter = _interpreter(package, kernels, content)
    sources, targets = interpreter.get_input_details(), interpreter.get_output_details()
    ends = [_inner_end(interpreter, target, producer=True) for target in targets]
    inner = [_inner_end(interpreter, source, producer=False) for source in sources]
    written = {target["index"] for target in targets}
    if every_tensor:
        written = {int(i) for op in interpreter._get_ops_details() for i in op["outputs"]} | set(tables)
    if package == POINTWISE and kernels == REFERENCE:
        content = pointwise.convolved(content)
    if every_tensor or tables:  # only outputs are sure to keep their values: others share memory
        inputs = [*(source["index"] for source in sources), *tables]
        kept = sorted(written | {f.source for f in functions})
        content = lockstep.with_ends(content, inputs, kept)
    interpreter = _interpreter(package, kernels, content)
    interpreter.allocate_tensors()
    values: dict[int, list[np.ndarray]] = {i: [] for i in sorted(written)}
    given = [_to_file(*each) for each in zip(_columns(samples, sources, inner), sources, inner, strict=True)]
    for sample in zip(*given, strict=True):
        tensors = {source["index"]: tensor for source, tensor in zip(sources, sample, strict=True)}
        lockstep.invoke(interpreter, tensors, functions, tables)
        for i in values:
            values[i].append(interpreter.get_tensor(i))
    arrays = {i: _without_batch(np.stack(v)) for i, v in values.items()}
    if every_tensor:
        return {str(i): array for i, array in arrays.items()}
    outputs = [_from_file(arrays[t["index"]], t, end) for t, end in zip(targets, ends, strict=True)]
    if len(outputs) > 1 or outputs[0].dtype not in (np.int8, np.int16):
        outputs = [np.concatenate([o.reshape(len(o), -1).view(np.int8) for o in outputs], axis=1)]
    return {"output": outputs[0]}


def _main(request: str, answer: str, package: str, kernels: str, every_tensor: str) -> None:
    found: dict[str, np.ndarray] = {}
    with np.load(request) as arrays:
        for case, path in enumerate(json.loads(str(arrays["paths"]))):
            tables = {int(key.split()[1]): arrays[key] for key in arrays if key.startswith(f"{case} ")}
            try:
                outputs = _answer(package, kernels, path, arrays[str(case)], tables, every_tensor == "1")
            except (RuntimeError, ValueError) as error:  # what the interpreter raises, some lines long
                sys.exit(f"{Path(path).name}: {' '.join(str(error).split())}")
            found.update({f"{case} {tensor}": array for tensor, array in outputs.items()})
    np.savez(answer, **found)


if __name__ == "__main__":
    _main(*sys.argv[1:])
