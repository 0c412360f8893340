"""A .tflite file as plain values: tensors and operators, as the flatbuffer has them."""

import struct
from dataclasses import dataclass
from math import prod

import numpy as np
import tflite

from mcuprune import nibbles, schema
from mcuprune.graph import Op, Tensor
from mcuprune.ops import OPS
from mcuprune.sparsity import densify

# What reading a damaged flatbuffer may end in: offsets and lengths that lead nowhere, enumerators that do not exist.
CORRUPT = (struct.error, ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True)
class File:
    """What the flatbuffer says, in plain values."""

    tensors: list[Tensor]
    ops: list[Op]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def parse(content: bytes) -> File:
    """Raises one of CORRUPT."""
    model = tflite.Model.GetRootAs(content, 0)
    subgraph = model.Subgraphs(0)
    tensors = [_tensor(model, subgraph.Tensors(i)) for i in range(subgraph.TensorsLength())]
    ops = [_op(model, subgraph.Operators(i)) for i in range(subgraph.OperatorsLength())]
    file = File(tensors, ops, _ints(subgraph.InputsAsNumpy()), _ints(subgraph.OutputsAsNumpy()))
    ready = set(file.inputs) | {-1} | {i for i, t in enumerate(tensors) if t.constant or t.variable}
    for op in ops:
        if not ready.issuperset(op.inputs):
            raise ValueError(f"{op.kind.upper()} reads a tensor that nothing has written")
        ready |= set(op.outputs)
    if not ready.issuperset(file.outputs):
        raise ValueError("an output is never written")
    if not all(-1 <= i < len(tensors) for i in ready):
        raise IndexError("an operator refers to a tensor that does not exist")
    return file


def _ints(vector: np.ndarray | int) -> tuple[int, ...]:
    """A vector of the schema; 0 stands for an absent one."""
    return () if isinstance(vector, int) else tuple(int(v) for v in vector)


def _tensor(model: tflite.Model, tensor: tflite.Tensor) -> Tensor:
    shape, dtype = _ints(tensor.ShapeAsNumpy()), schema.TYPES[tensor.Type()]
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
    kind = schema.KINDS[schema.number(code)]
    name = code.CustomCode().decode(errors="replace") if code.CustomCode() else ""
    attrs = OPS[kind].read(_options(operator)) if kind in OPS else {}
    if operator.IntermediatesLength():
        attrs["intermediates"] = _ints(operator.IntermediatesAsNumpy())
    return Op(kind, name, _ints(operator.InputsAsNumpy()), _ints(operator.OutputsAsNumpy()), attrs)


def _options(operator: tflite.Operator):
    """The operator's options table, None where it has none."""
    if not operator.BuiltinOptionsType():
        return None
    options = getattr(tflite, schema.OPTIONS[operator.BuiltinOptionsType()])()
    table = operator.BuiltinOptions()
    options.Init(table.Bytes, table.Pos)
    return options
