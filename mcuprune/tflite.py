"""Read an int8 .tflite file into a Graph.

Three steps: parse the flatbuffer into plain values (a damaged file ends here, in one sentence), take off what only
belongs to the file (float ends, shape arithmetic, sparse storage), and check that what is left can be compiled.
Tensors keep the indices they have in the file, so that a Graph can be compared with the oracle tensor by tensor.
"""

import hashlib
import struct
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import numpy as np
import tflite

from mcuprune import naming, nibbles
from mcuprune.errors import UnsupportedModel, UsageError
from mcuprune.graph import Graph, Op, Tensor
from mcuprune.operand import unsupported
from mcuprune.ops import OPS
from mcuprune.sparsity import densify

# What reading a damaged flatbuffer may end in: offsets and lengths that lead nowhere, enumerators that do not exist.
CORRUPT = (struct.error, ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)

QUANTIZE_IT = (
    "Quantize it first: `mcuprune quantize MODEL --data D`, or the TFLite converter with a representative_dataset, "
    "TFLITE_BUILTINS_INT8 and int8 as inference_input_type and inference_output_type."
)
REFUSED_TYPES = {
    "uint8": "computes in uint8 (quantization of TensorFlow 1). Convert it again with TFLITE_BUILTINS_INT8.",
    "float32": f"computes in float32; mcuprune compiles int8 networks. {QUANTIZE_IT}",
    "float16": f"computes in float16; mcuprune compiles int8 networks. {QUANTIZE_IT}",
}
WIDTHS = ("int8", "int16")  # what is computed in; operators that know the second say so: WIDE
# Operators that people meet and that are refused: why, and what to use instead.
NO_KERNEL = "has no int8 kernel among TFLite's reference kernels, which say what is right"
REFUSED = {
    "CEIL": (NO_KERNEL, "leave it to the program around the network"),
    "CUMSUM": (NO_KERNEL, "use a convolution with weights of one"),
    "CUSTOM": ("is not an operator of TFLite", "replace the layer by built-in ones"),
    "DIV": (NO_KERNEL, "multiply by the reciprocal where the divisor is a constant"),
    "FLOOR": (NO_KERNEL, "leave it to the program around the network"),
    "POW": (NO_KERNEL, "multiply (MUL)"),
    "SHAPE": ("computes a shape", "convert the model with a fixed batch size of 1, so that shapes are constants"),
    "SUM": ("has a reference kernel in TFLite whose int8 results are not sums", "use MEAN, and a scale that fits"),
    "WHILE": (
        "is a loop",
        "recurrent loops cannot be int8; unroll them, as `mcuprune quantize` does with GRU and SimpleRNN",
    ),
}
BORDERS = ("dequantize", "quantize")  # between int8 and what the converter left in float32
FLOATS = ("elu", "neg", "square")  # functions that are computed from the one border to the other
AGAIN = "convert the model again"
NEAREST = "replace the layer by operators that `mcuprune ops` lists"

_TYPES = {value: name.lower() for name, value in vars(tflite.TensorType).items() if not name.startswith("_")}
_KINDS = {value: name.lower() for name, value in vars(tflite.BuiltinOperator).items() if not name.startswith("_")}
_OPTIONS = {value: name for name, value in vars(tflite.BuiltinOptions).items() if not name.startswith("_")}


@dataclass(frozen=True)
class _File:
    """What the flatbuffer says, in plain values."""

    tensors: list[Tensor]
    ops: list[Op]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read(path: Path | str) -> Graph:
    """The int8 network in a .tflite file of any producer from TensorFlow 2.3 on."""
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    if content[4:8] != b"TFL3":
        raise UsageError(f"{path} is not a .tflite file: it does not carry the identifier TFL3")
    try:
        file = _parse(content)
    except CORRUPT as error:
        raise UsageError(f"{path} is corrupt or cut short ({type(error).__name__}: {error})") from None

    _check_ends(path, file)
    ops = _without_dead(file.ops, file.outputs)
    sources = tuple(_input_end(file, ops, end) for end in file.inputs)
    targets = tuple(_output_end(file, ops, end) for end in file.outputs)
    taken_off = {*sources, *file.outputs} - {*targets, *file.inputs}
    inside = [op for op in ops if not taken_off.intersection(op.outputs)]
    for op in sorted(inside, key=lambda op: op.kind in BORDERS):  # first what made the converter put them there
        _check_op(file, op)
    graph = Graph(
        path.stem,
        tuple(file.tensors),
        tuple(naming.named(inside, file.tensors)),
        sources,
        targets,
        source=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    _check_alignment(graph)
    for op in graph.ops:
        try:
            OPS[op.kind].check(graph, op)
        except CORRUPT as error:  # operands that are missing, or not what they have to be
            raise UsageError(f"{path} is corrupt: {op.name} ({op.kind.upper()}) has impossible operands") from error
    return graph


# --- the flatbuffer ----------------------------------------------------------------------------------------------


def _parse(content: bytes) -> _File:
    model = tflite.Model.GetRootAs(content, 0)
    subgraph = model.Subgraphs(0)
    tensors = [_tensor(model, subgraph.Tensors(i)) for i in range(subgraph.TensorsLength())]
    ops = [_op(model, subgraph.Operators(i)) for i in range(subgraph.OperatorsLength())]
    file = _File(tensors, ops, _ints(subgraph.InputsAsNumpy()), _ints(subgraph.OutputsAsNumpy()))
    ready = set(file.inputs) | {-1} | {i for i, t in enumerate(tensors) if t.constant or t.variable}
    for op in ops:
        if not ready.issuperset(op.inputs):
            raise ValueError(f"{op.kind.upper()} reads a tensor that nothing has written")
        ready |= set(op.outputs)
    if not ready.issuperset(file.outputs):
        raise ValueError("an output is never written")
    if not all(-1 <= i < len(tensors) for i in ready):
        raise IndexError("an operator refers to a tensor that does not exist")
    return _folded(file)


def _ints(vector: np.ndarray | int) -> tuple[int, ...]:
    """A vector of the schema; 0 stands for an absent one."""
    return () if isinstance(vector, int) else tuple(int(v) for v in vector)


def _tensor(model: tflite.Model, tensor: tflite.Tensor) -> Tensor:
    shape, dtype = _ints(tensor.ShapeAsNumpy()), _TYPES[tensor.Type()]
    if any(n < 0 for n in shape):
        raise ValueError(f"a tensor of shape {shape}")
    scale, zero_point, axis = np.zeros(0, np.float32), np.zeros(0, np.int64), 0
    quantization = tensor.Quantization()
    if quantization is not None and quantization.ScaleLength():
        scale = quantization.ScaleAsNumpy().astype(np.float32)
        axis = quantization.QuantizedDimension()
        zero_point = quantization.ZeroPointAsNumpy() if quantization.ZeroPointLength() else np.zeros(1, np.int64)
        zero_point = np.broadcast_to(zero_point.astype(np.int64), scale.shape).copy()
    data = _data(model.Buffers(tensor.Buffer()), tensor, shape, dtype)
    if dtype == "int4" and data is not None:
        dtype = "int8"
    name = (tensor.Name() or b"").decode(errors="replace")
    return Tensor(name, shape, dtype, scale, zero_point, axis, data, bool(tensor.IsVariable()))


def _data(buffer: tflite.Buffer, tensor: tflite.Tensor, shape: tuple[int, ...], dtype: str) -> np.ndarray | None:
    if not buffer.DataLength() or dtype in ("string", "bfloat16", "resource", "variant"):
        return None
    content = buffer.DataAsNumpy()
    values = nibbles.unpack(content) if dtype == "int4" else np.frombuffer(content.tobytes(), dtype)
    if tensor.Sparsity() is not None:
        return densify(tensor.Sparsity(), shape, values)
    if dtype == "int4" and prod(shape) % 2:
        values = values[:-1]
    return values.reshape(shape).copy()


def _op(model: tflite.Model, operator: tflite.Operator) -> Op:
    code = model.OperatorCodes(operator.OpcodeIndex())
    # The code was one byte long until TensorFlow 2.4; a file has either or both.
    kind = _KINDS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
    name = code.CustomCode().decode(errors="replace") if code.CustomCode() else ""
    attrs = OPS[kind].read(_options(operator)) if kind in OPS else {}
    if operator.IntermediatesLength():
        attrs["intermediates"] = _ints(operator.IntermediatesAsNumpy())
    return Op(kind, name, _ints(operator.InputsAsNumpy()), _ints(operator.OutputsAsNumpy()), attrs)


def _options(operator: tflite.Operator):
    """The operator's options table, None where it has none."""
    if not operator.BuiltinOptionsType():
        return None
    options = getattr(tflite, _OPTIONS[operator.BuiltinOptionsType()])()
    table = operator.BuiltinOptions()
    options.Init(table.Bytes, table.Pos)
    return options


# --- what only belongs to the file -------------------------------------------------------------------------------


def _folded(file: _File) -> _File:
    """The file in the terms that the rest knows, with fewer operators and fewer results an operator.

    DENSIFY is done, operators of several results are taken apart, RESHAPEs have no computed shapes, states are in
    the attributes of their operators, and functions of float32 between int8 are functions of int8.

    Shapes are static here whatever a file computes: it was written before the batch was fixed to 1.
    """
    tensors, ops = list(file.tensors), []
    writers = {i: op for op in file.ops for i in op.outputs}
    for op in file.ops:
        if op.kind == "densify" and tensors[op.inputs[0]].constant:
            tensors[op.outputs[0]] = replace(tensors[op.outputs[0]], data=tensors[op.inputs[0]].data)
        elif op.kind in OPS and getattr(OPS[op.kind], "SEVERAL", False):  # a copy for each result
            ops += [replace(op, outputs=(i,), attrs={**op.attrs, "part": part}) for part, i in enumerate(op.outputs)]
        elif op.kind == "reshape" and len(op.inputs) == 2 and not tensors[op.inputs[1]].constant:
            ops.append(replace(op, inputs=op.inputs[:1]))
        elif op.kind == "gather":
            ops.append(replace(op, inputs=(op.inputs[0], _not_negative(op.inputs[1], writers, tensors))))
        elif op.kind == "quantize" and (function := _of_int8(op, writers)):
            ops.append(function)
        elif any(tensors[i].variable for i in op.inputs if i >= 0):
            ops.append(_with_own_state(op, tensors))
        else:
            ops.append(op)
    return replace(file, tensors=tensors, ops=ops)


def _not_negative(index: int, writers: dict[int, Op], tensors: list[Tensor]) -> int:
    """What SELECT(x < 0, x + places, x) is for indices that are not negative: x.  Keras 3 gathers so, to embed."""
    select = writers.get(index)
    if select is None or select.kind not in ("select", "select_v2"):
        return index
    condition, _, x = select.inputs
    less = writers.get(condition)
    if less is None or less.kind != "less" or less.inputs[0] != x:
        return index
    zero = tensors[less.inputs[1]]
    return x if zero.constant and not np.any(zero.values) else index


def _of_int8(quantize: Op, writers: dict[int, Op]) -> Op | None:
    """DEQUANTIZE, a function in float32 and this QUANTIZE as one operator."""
    function = writers.get(quantize.inputs[0])
    if function is None or function.kind not in FLOATS:
        return None
    source = writers.get(function.inputs[0])
    if source is None or source.kind != "dequantize":
        return None
    return replace(function, inputs=source.inputs, outputs=quantize.outputs, attrs={"float": True})


def _with_own_state(op: Op, tensors: list[Tensor]) -> Op:
    """Its attributes hold the tensors that no other operator knows: `variables` and `intermediates`."""
    variables = tuple(tensors[i] for i in op.inputs if i >= 0 and tensors[i].variable)
    intermediates = tuple(tensors[i] for i in op.attrs.get("intermediates", ()))
    inputs = tuple(-1 if i >= 0 and tensors[i].variable else i for i in op.inputs)
    return replace(op, inputs=inputs, attrs={**op.attrs, "variables": variables, "intermediates": intermediates})


def _without_dead(ops: list[Op], outputs: tuple[int, ...]) -> list[Op]:
    """The operators that the outputs depend on."""
    needed, alive = set(outputs), []
    for op in reversed(ops):
        if needed.intersection(op.outputs):
            needed.update(op.inputs)
            alive.append(op)
    return alive[::-1]


def _input_end(file: _File, ops: list[Op], end: int) -> int:
    """The int8 or int16 tensor behind an input of the file."""
    readers = [op for op in ops if end in op.inputs]
    if file.tensors[end].dtype not in WIDTHS and [op.kind for op in readers] == ["quantize"]:
        inner = readers[0].outputs[0]
        if _same_numbers(file.tensors[end], file.tensors[inner]):
            return inner
    return end


def _output_end(file: _File, ops: list[Op], end: int) -> int:
    """The int8 or int16 tensor behind an output of the file."""
    writers = [op for op in ops if end in op.outputs]
    if file.tensors[end].dtype not in WIDTHS and [op.kind for op in writers] in (["quantize"], ["dequantize"]):
        inner = writers[0].inputs[0]
        if _same_numbers(file.tensors[end], file.tensors[inner]):
            return inner
    return end


def _same_numbers(end: Tensor, inner: Tensor) -> bool:
    """Whether an end of the file is an inner tensor in other clothes: real numbers, or uint8 128 above it."""
    if inner.dtype not in WIDTHS or len(inner.scale) != 1:
        return False
    if end.dtype == "uint8" and inner.dtype == "int8":
        return len(end.scale) == 1 and end.s == inner.s and end.z == inner.z + 128
    return end.dtype == "float32"


# --- checks ------------------------------------------------------------------------------------------------------


def _check_ends(path: Path, file: _File) -> None:
    for what, ends in (("input", file.inputs), ("output", file.outputs)):
        names = ", ".join(file.tensors[i].name for i in ends)
        if not ends:
            raise UnsupportedModel(f"{path.name} has no {what}s. Convert the model again.")
        if len(set(ends)) < len(ends):
            raise UnsupportedModel(f"{path.name} has the same {what} twice ({names}). Leave one of them out.")
        for tensor in (file.tensors[i] for i in ends):
            if tensor.shape[:1] != (1,):
                raise UnsupportedModel(
                    f"the {what} {tensor.name} of {path.name} has shape {tensor.shape}; its first dimension must be a "
                    "batch of 1. Convert the model with a batch size of 1."
                )
    if not file.ops:
        raise UnsupportedModel(f"{path.name} has no operators: there is nothing to compile.")


def _check_alignment(graph: Graph) -> None:
    """Refuse an int16 tensor that would lie at an odd address where a sample is one stream of bytes (mcuprune.ends)."""
    for what, tensors in (("input", graph.sources), ("output", graph.targets)):
        for i, tensor in enumerate(tensors):
            if tensor.dtype == "int16" and sum(before.size for before in tensors[:i]) % 2:
                raise UnsupportedModel(
                    f"the {what} {tensor.name} is int16 and stands behind an odd number of bytes. "
                    f"Put it before the int8 {what}s."
                )


def _check_op(file: _File, op: Op) -> None:
    """Refuse what no operator's own check has to know: strange kinds and strange types."""
    label = replace(op, name=naming.name(op, file.tensors))
    activations = [file.tensors[i] for i in (*op.inputs, *op.outputs) if i >= 0 and not file.tensors[i].constant]
    for dtype, reason in REFUSED_TYPES.items():
        if dtype in {tensor.dtype for tensor in activations}:
            if dtype == "float32" and any(len(t.scale) for t in file.tensors if not t.constant and t.dtype in WIDTHS):
                _, rewrite = REFUSED.get(op.kind.upper(), ("", NEAREST))
                raise unsupported(label, "is left in float32 by the converter, which cannot quantize it", rewrite)
            raise UnsupportedModel(f"{label.name}: {op.kind.upper()} {reason}")
    if op.kind not in OPS:
        why, rewrite = REFUSED.get(op.kind.upper(), ("is not supported", NEAREST))
        raise unsupported(label, f"({op.name}) {why}" if op.kind == "custom" else why, rewrite)
    if len(op.outputs) != 1:
        raise unsupported(label, f"has {len(op.outputs)} results", NEAREST)
    if len(activations) == 1 and op.kind != "fully_connected":  # it reads what a recurrent layer begins with
        raise unsupported(label, "computes a constant", "let the converter fold constants")
    places = getattr(OPS[op.kind], "INTEGERS", ())
    integers = [file.tensors[(*op.inputs, *op.outputs)[place]] for place in places]
    for tensor in activations:
        if any(tensor is known for known in integers):
            if tensor.dtype not in ("int32", "int64"):
                raise unsupported(label, f"has the {tensor.dtype} tensor {tensor.name} in place of integers", NEAREST)
            continue
        if tensor.dtype not in WIDTHS:
            raise unsupported(label, f"has the {tensor.dtype} tensor {tensor.name}; only int8 is computed", NEAREST)
        if tensor.dtype == "int16" and not getattr(OPS[op.kind], "WIDE", False):
            rewrite = "use another operator, or convert the model with TFLITE_BUILTINS_INT8"
            raise unsupported(label, f"computes in int16 ({tensor.name}), for which it has no kernel", rewrite)
        if len(tensor.scale) != 1 or not 0 < tensor.s < np.inf or not -128 <= tensor.z <= 127:
            raise unsupported(label, f"has the tensor {tensor.name} without one scale and zero point", "quantize it")
        if tensor.dtype == "int16" and tensor.z:
            raise unsupported(label, f"has the int16 tensor {tensor.name} with zero point {tensor.z}, not 0", AGAIN)
        if tensor.dtype == "int16" and len(tensor.shape) > 4:
            why = f"has the int16 tensor {tensor.name} of {len(tensor.shape)} dimensions"
            raise unsupported(label, why, "merge some of them with a RESHAPE")
        if not tensor.count:
            raise unsupported(label, f"has the empty tensor {tensor.name}", "leave it out")
    if op.kind != "quantize" and len({t.dtype for t in activations if t.dtype in WIDTHS}) > 1:
        raise unsupported(label, "has operands of int8 and of int16", AGAIN)
