"""Operators that the oracle's reference kernels lack: ELU, and in tflite-runtime SQRT and LOG.

All are functions of one int8.  So a file is taken apart: each such operator becomes a file of its own, which a runtime
that has it is asked all 256 answers of; what is left has their results as inputs.  The reference kernels run that in
turns with the looking up, until nothing changes: with every turn one such operator more has its final input.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import tflite

from mcuprune import schema

KINDS = {getattr(tflite.BuiltinOperator, kind): kind for kind in ("ELU", "LOG", "SQRT")}
STAND_IN = tflite.BuiltinOperator.RELU  # a runtime wants kernels for all operators listed, be they used or not
INPUTS, OUTPUTS, OPERATORS = 6, 8, 10  # where a subgraph's fields are told of


@dataclass(frozen=True)
class Function:
    """An operator in a file of its own; one in float32 together with its DEQUANTIZE and QUANTIZE."""

    kind: str
    source: int  # the tensor that it reads
    target: int  # the tensor that it writes
    size: int  # elements of either
    file: bytes


def apart(content: bytes) -> tuple[bytes, list[Function]]:
    """A file -> what is left of it, and what was taken out; nothing of one that is damaged."""
    if content[4:8] != b"TFL3":
        return content, []
    model = tflite.Model.GetRootAs(content, 0)
    graph = model.Subgraphs(0)
    kinds = [schema.number(model.OperatorCodes(i)) for i in range(model.OperatorCodesLength())]
    ops = [graph.Operators(i) for i in range(graph.OperatorsLength())]
    functions, taken = [], set()
    for i, op in enumerate(ops):
        if (code := kinds[op.OpcodeIndex()]) not in KINDS:
            continue
        for places in _with_ends_of_int8(graph, ops, i):
            source, target = int(ops[places[0]].Inputs(0)), int(ops[places[-1]].Outputs(0))
            file = with_ends(_with_operators(content, places, code), [source], [target])
            size = int(np.prod(graph.Tensors(source).ShapeAsNumpy()))
            functions.append(Function(KINDS[code], source, target, size, file))
            taken |= {i, places[-1]}
    if not functions:
        return content, []
    return _with_operators(content, [i for i in range(len(ops)) if i not in taken]), functions


def with_ends(content: bytes, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
    """The file with these tensors as its inputs and outputs.

    New lists are appended, and the subgraph's references to the old ones, which count from where they stand, bent.
    """
    graph = tflite.Model.GetRootAs(content, 0).Subgraphs(0)._tab
    for field, indices in ((INPUTS, inputs), (OUTPUTS, outputs)):
        reference = graph.Pos + graph.Offset(field)
        content += bytes(-len(content) % 4)
        content = _written(content, reference, struct.pack("<I", len(content) - reference))
        content += struct.pack(f"<I{len(indices)}i", len(indices), *indices)
    return content


def invoke(interpreter, given: dict[int, np.ndarray], functions: Sequence[Function], tables: Mapping[int, np.ndarray]):
    """Run what is left of a file, and look up what was taken out.

    given: the inputs by index of the tensor; results of functions come to them.  tables: int8 [256], by target.
    """
    settled = False
    while not settled:
        interpreter.reset_all_variables()  # the state of an LSTM would live on
        for i, values in given.items():
            interpreter.set_tensor(i, values)
        interpreter.invoke()
        read = {f.target: interpreter.get_tensor(f.source) for f in functions}
        results = {target: tables[target][x.view(np.uint8)] for target, x in read.items()}
        settled = all(target in given and np.array_equal(given[target], y) for target, y in results.items())
        given |= results


def _with_ends_of_int8(graph: tflite.SubGraph, ops: Sequence[tflite.Operator], i: int) -> list[list[int]]:
    """Operator i, or, where it is in float32, what brings it an int8, it, and what makes an int8 of its result."""
    source, result = int(ops[i].Inputs(0)), int(ops[i].Outputs(0))
    if graph.Tensors(source).Type() != tflite.TensorType.FLOAT32:
        return [[i]]
    writer = next(at for at, op in enumerate(ops) if source in op.OutputsAsNumpy())
    return [[writer, i, at] for at, op in enumerate(ops) if result in op.InputsAsNumpy()]


def _with_operators(content: bytes, kept: Sequence[int], spared: int | None = None) -> bytes:
    """The file with these operators only, and of KINDS only `spared`: they move up, their references bent."""
    model = tflite.Model.GetRootAs(content, 0)
    graph = model.Subgraphs(0)._tab
    start = graph.Vector(graph.Offset(OPERATORS))
    tables = [graph.Indirect(start + 4 * i) for i in kept]
    references = [table - (start + 4 * i) for i, table in enumerate(tables)]
    content = _written(content, start - 4, struct.pack(f"<I{len(kept)}I", len(kept), *references))
    for code in (model.OperatorCodes(i) for i in range(model.OperatorCodesLength())):
        if schema.number(code) in set(KINDS) - {spared}:
            for field, width in ((4, "<b"), (10, "<i")):
                if offset := code._tab.Offset(field):
                    content = _written(content, code._tab.Pos + offset, struct.pack(width, STAND_IN))
    return content


def _written(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]
