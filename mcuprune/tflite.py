"""Read an int8 .tflite file into a Graph.

Three steps: parse the flatbuffer into plain values (a damaged file ends here, in one sentence), take off what only
belongs to the file (float ends, shape arithmetic, sparse storage), and check that what is left can be compiled.
Tensors keep the indices they have in the file, so that a Graph can be compared with the oracle tensor by tensor.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from mcuprune import flatbuffer, naming, refusals
from mcuprune.errors import UsageError
from mcuprune.flatbuffer import File
from mcuprune.graph import Graph, Op, Tensor
from mcuprune.ops import OPS
from mcuprune.refusals import WIDTHS

BORDERS = ("dequantize", "quantize")  # between int8 and what the converter left in float32
FLOATS = ("elu", "neg", "square")  # functions that are computed from the one border to the other


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
        file = _folded(flatbuffer.parse(content))
    except flatbuffer.CORRUPT as error:
        raise UsageError(f"{path} is corrupt or cut short ({type(error).__name__}: {error})") from None

    refusals.check_ends(path, file)
    ops = _without_dead(file.ops, file.outputs)
    sources = tuple(_input_end(file, ops, end) for end in file.inputs)
    targets = tuple(_output_end(file, ops, end) for end in file.outputs)
    taken_off = {*sources, *file.outputs} - {*targets, *file.inputs}
    inside = [op for op in ops if not taken_off.intersection(op.outputs)]
    for op in sorted(inside, key=lambda op: op.kind in BORDERS):  # first what made the converter put them there
        refusals.check_op(file, op)
    graph = Graph(
        path.stem,
        tuple(file.tensors),
        tuple(naming.named(inside, file.tensors)),
        sources,
        targets,
        source=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    refusals.check_alignment(graph)
    for op in graph.ops:
        try:
            OPS[op.kind].check(graph, op)
        except flatbuffer.CORRUPT as error:  # operands that are missing, or not what they have to be
            raise UsageError(f"{path} is corrupt: {op.name} ({op.kind.upper()}) has impossible operands") from error
    return graph


def _folded(file: File) -> File:
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


def _input_end(file: File, ops: list[Op], end: int) -> int:
    """The int8 or int16 tensor behind an input of the file."""
    readers = [op for op in ops if end in op.inputs]
    if file.tensors[end].dtype not in WIDTHS and [op.kind for op in readers] == ["quantize"]:
        inner = readers[0].outputs[0]
        if _same_numbers(file.tensors[end], file.tensors[inner]):
            return inner
    return end


def _output_end(file: File, ops: list[Op], end: int) -> int:
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
