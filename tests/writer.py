"""Write a Graph as a .tflite file, so that tests make models without TensorFlow.

The mirror of mcuprune/flatbuffer.py, and deliberately dumber: attributes are written to the schema's options table by
their names, so a new operator needs nothing here.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import flatbuffers
import numpy as np
import tflite

from mcuprune.graph import Graph, Op, Tensor

# The operators whose options table is not named after them.
OPTIONS = {"max_pool_2d": "Pool2DOptions", "average_pool_2d": "Pool2DOptions", "l2_normalization": "L2NormOptions",
           **dict.fromkeys(("mean", "reduce_max", "reduce_min"), "ReducerOptions")}  # fmt: skip
ENUMS = {
    "padding": tflite.Padding,
    "mode": tflite.MirrorPadMode,
    "fused_activation_function": tflite.ActivationFunctionType,
    "weights_format": tflite.FullyConnectedOptionsWeightsFormat,
}


def quantized(name: str, shape: tuple[int, ...], scale, zero_point=0, *, data=None, dtype="int8", axis=0) -> Tensor:
    """A Tensor from plain Python values; scale and zero_point: a number or one per channel."""
    scale = np.atleast_1d(np.asarray(scale, np.float32))
    zero_point = np.broadcast_to(np.asarray(zero_point, np.int64), scale.shape).copy()
    return Tensor(name, tuple(shape), dtype, scale, zero_point, axis, data)


def single(kind: str, operands: list[Tensor | None], result: Tensor, **attrs) -> Graph:
    """A graph of one operator; operands that are not constants are the graph's inputs."""
    present = list({id(t): t for t in operands if t is not None}.values())
    index = {id(t): i for i, t in enumerate(present)}
    inputs = tuple(-1 if t is None else index[id(t)] for t in operands)
    op = Op(kind, kind, inputs, (len(present),), attrs)
    sources = tuple(i for i, t in enumerate(present) if not t.constant)
    return Graph(kind, (*present, result), (op,), sources, (len(present),))


def write(
    graph: Graph, path: Path | None = None, *, version: int = 1, old_codes: bool = False, int4: Sequence[int] = ()
) -> bytes:
    """graph -> the bytes of a .tflite, also written to path.

    version: of every operator.  old_codes: as TensorFlow up to 2.3 wrote the file, without the 32-bit operator code.
    int4: constants that are written in four bits.
    """
    graph = _with_own_state(graph)
    builder = flatbuffers.Builder(1 << 16)
    buffers, tensors = [_buffer(builder, b"")], []
    for i, tensor in enumerate(graph.tensors):
        dtype = "int4" if i in int4 else tensor.dtype
        tensors.append(_tensor(builder, tensor, dtype, len(buffers) if tensor.constant else 0))
        if tensor.constant:
            buffers.append(_buffer(builder, _packed(tensor.data) if i in int4 else tensor.data.tobytes()))

    kinds = sorted({op.kind for op in graph.ops})
    codes = [_code(builder, kind, version, old_codes) for kind in kinds]
    ops = [_op(builder, op, kinds.index(op.kind)) for op in graph.ops]
    subgraph = _table(
        builder, "SubGraph",
        tensors=_offsets(builder, "SubGraphStartTensorsVector", tensors),
        inputs=_vector(builder, graph.inputs),
        outputs=_vector(builder, graph.outputs),
        operators=_offsets(builder, "SubGraphStartOperatorsVector", ops),
        name=builder.CreateString(graph.name),
    )  # fmt: skip
    model = _table(
        builder, "Model",
        version=3,
        operator_codes=_offsets(builder, "ModelStartOperatorCodesVector", codes),
        subgraphs=_offsets(builder, "ModelStartSubgraphsVector", [subgraph]),
        buffers=_offsets(builder, "ModelStartBuffersVector", buffers),
    )  # fmt: skip
    builder.Finish(model, file_identifier=b"TFL3")
    content = bytes(builder.Output())
    if path is not None:
        Path(path).write_bytes(content)
    return content


def chain(graphs: list[Graph]) -> Graph:
    """One graph after the other: the output of each is the input of the next."""
    tensors, ops, source = list(graphs[0].tensors), list(graphs[0].ops), graphs[0].outputs[0]
    for graph in graphs[1:]:
        shift = len(tensors)
        place = {i: i + shift for i in range(len(graph.tensors))} | {graph.inputs[0]: source, -1: -1}
        tensors += graph.tensors
        ops += [
            replace(op, name=f"{op.name}_{len(ops)}", inputs=tuple(place[i] for i in op.inputs),
                    outputs=tuple(place[i] for i in op.outputs))
            for op in graph.ops
        ]  # fmt: skip
        source = place[graph.outputs[0]]
    return replace(graphs[0], tensors=tuple(tensors), ops=tuple(ops), outputs=(source,))


STATES = {"svdf": (4,), "unidirectional_sequence_lstm": (18, 19)}  # operands that are variables


def _with_own_state(graph: Graph) -> Graph:
    """What the reader has put into the attributes of an operator, among the tensors again."""
    tensors, ops = list(graph.tensors), []
    for op in graph.ops:
        attrs = dict(op.attrs)
        kept, between = attrs.pop("variables", ()), attrs.pop("intermediates", ())
        places = iter(range(len(tensors), len(tensors) + len(kept)))
        inputs = tuple(next(places) if kept and at in STATES[op.kind] else i for at, i in enumerate(op.inputs))
        tensors += kept
        if between:
            attrs["intermediates"] = tuple(range(len(tensors), len(tensors) + len(between)))
            tensors += between
        ops.append(replace(op, inputs=inputs, attrs=attrs))
    return replace(graph, tensors=tuple(tensors), ops=tuple(ops))


def _camel(snake: str) -> str:
    return "".join(part.title() for part in snake.split("_"))


def _table(builder, table: str, **fields) -> int:
    getattr(tflite, f"{table}Start")(builder)
    for name, value in fields.items():
        getattr(tflite, f"{table}Add{_camel(name)}")(builder, value)
    return getattr(tflite, f"{table}End")(builder)


def _offsets(builder, start: str, offsets: list[int]) -> int:
    getattr(tflite, start)(builder, len(offsets))
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()


def _vector(builder, values, dtype=np.int32) -> int:
    return builder.CreateNumpyVector(np.asarray(values, dtype))


def _buffer(builder, content: bytes) -> int:
    if not content:
        return _table(builder, "Buffer")
    builder.StartVector(1, len(content), 16)  # the runtime maps constants where they lie
    builder.head -= len(content)
    builder.Bytes[builder.head : builder.head + len(content)] = content
    return _table(builder, "Buffer", data=builder.EndVector())


def _packed(values: np.ndarray) -> bytes:
    """Two in a byte, the first in its lower half."""
    flat = values.reshape(-1)
    pairs = np.append(flat, np.zeros(flat.size % 2, np.int8)).view(np.uint8).reshape(-1, 2) & 15
    return (pairs[:, 0] | pairs[:, 1] << 4).tobytes()


def _tensor(builder, tensor: Tensor, dtype: str, buffer: int) -> int:
    fields = {
        "shape": _vector(builder, tensor.shape),
        "type": getattr(tflite.TensorType, dtype.upper()),
        "buffer": buffer,
        "name": builder.CreateString(tensor.name),
        "is_variable": tensor.variable,
    }
    if len(tensor.scale):
        scale, zero_point = _vector(builder, tensor.scale, np.float32), _vector(builder, tensor.zero_point, np.int64)
        fields["quantization"] = _table(
            builder, "QuantizationParameters",
            scale=scale, zero_point=zero_point, quantized_dimension=tensor.axis,
        )  # fmt: skip
    return _table(builder, "Tensor", **fields)


def _code(builder, kind: str, version: int, old: bool) -> int:
    code = getattr(tflite.BuiltinOperator, kind.upper())
    fields = {"deprecated_builtin_code": min(code, 127), "version": version}
    return _table(builder, "OperatorCode", **fields, **({} if old else {"builtin_code": code}))


def _op(builder, op: Op, code: int) -> int:
    fields = {"opcode_index": code, "inputs": _vector(builder, op.inputs), "outputs": _vector(builder, op.outputs)}
    attrs = dict(op.attrs)
    if "intermediates" in attrs:
        fields["intermediates"] = _vector(builder, attrs.pop("intermediates"))
    table = OPTIONS.get(op.kind, next((n for n in vars(tflite.BuiltinOptions) if n.lower() == _joined(op.kind)), None))
    if table:
        options = {name: _option(builder, name, value) for name, value in attrs.items()}
        fields["builtin_options_type"] = getattr(tflite.BuiltinOptions, table)
        fields["builtin_options"] = _table(builder, table, **options)
    return _table(builder, "Operator", **fields)


def _joined(kind: str) -> str:
    return kind.replace("_", "") + "options"


def _option(builder, name: str, value):
    if name in ENUMS:
        return getattr(ENUMS[name], value)
    return _vector(builder, value) if isinstance(value, tuple | list) else value
