"""ELU in the oracle.  TFLite has no reference kernel of it, only an ordinary one, and the ordinary ones of other
operators may differ from their reference kernels.

So a file is taken apart: one half is without its ELUs, whose results are inputs there, the other has nothing else.
Two interpreters, of the reference kernels and of the ordinary ones, run in turns and hand each other what they have
computed, until nothing changes.  With every turn one ELU more has its final input.
"""

import struct
from collections.abc import Sequence

import numpy as np
import tflite

ELU, STAND_IN = tflite.BuiltinOperator.ELU, tflite.BuiltinOperator.RELU
INPUTS, OUTPUTS, OPERATORS = 6, 8, 10  # where a subgraph's fields are told of


def apart(content: bytes) -> tuple[bytes, bytes | None]:
    """A file without its ELUs, and one of its ELUs alone, None where there are none."""
    model = tflite.Model.GetRootAs(content, 0)
    graph, codes = model.Subgraphs(0), [model.OperatorCodes(i) for i in range(model.OperatorCodesLength())]
    kinds = [max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) for code in codes]
    operators = [graph.Operators(i) for i in range(graph.OperatorsLength())]
    elus = [i for i, operator in enumerate(operators) if kinds[operator.OpcodeIndex()] == ELU]
    if not elus:
        return content, None
    given, made = ({int(operators[i].Inputs(0)) for i in elus}, {int(operators[i].Outputs(0)) for i in elus})
    rest = _with_operators(content, sorted(set(range(len(operators))) - set(elus)))
    for code in (code._tab for code, kind in zip(codes, kinds, strict=True) if kind == ELU):
        for field, width in ((4, "<b"), (10, "<i")):  # reference kernels have to know what is not used, too
            if code.Offset(field):
                rest = _written(rest, code.Pos + code.Offset(field), struct.pack(width, STAND_IN))
    alone = with_ends(_with_operators(content, elus), sorted(given), sorted(made))
    return rest, alone


def with_ends(content: bytes, inputs: Sequence[int] | None, outputs: Sequence[int]) -> bytes:
    """The file with these tensors as its inputs (None: as they are) and outputs.

    New lists are appended, and the subgraph's references to the old ones, which count from where they stand, bent.
    """
    graph = tflite.Model.GetRootAs(content, 0).Subgraphs(0)._tab
    for field, indices in ((INPUTS, inputs), (OUTPUTS, outputs)):
        if indices is not None:
            reference = graph.Pos + graph.Offset(field)
            content += bytes(-len(content) % 4)
            content = _written(content, reference, struct.pack("<I", len(content) - reference))
            content += struct.pack(f"<I{len(indices)}i", len(indices), *indices)
    return content


def invoke(rest, alone) -> None:
    """Run the interpreters of both halves, alone None where there is one, until each has what the other computes."""
    results = {end["index"]: np.zeros(end["shape"], end["dtype"]) for end in alone.get_output_details()} if alone else {}
    while True:
        rest.reset_all_variables()  # the state of an LSTM would live on
        for i, values in results.items():
            rest.set_tensor(i, values)
        rest.invoke()
        if alone is None:
            return
        for end in alone.get_input_details():
            alone.set_tensor(end["index"], rest.get_tensor(end["index"]))
        alone.invoke()
        before, results = results, {i: alone.get_tensor(i) for i in results}
        if all(np.array_equal(values, before[i]) for i, values in results.items()):
            return


def _with_operators(content: bytes, kept: Sequence[int]) -> bytes:
    """The file with these operators only: the rest of their list moves up, its references bent."""
    graph = tflite.Model.GetRootAs(content, 0).Subgraphs(0)._tab
    start = graph.Vector(graph.Offset(OPERATORS))
    tables = [graph.Indirect(start + 4 * i) for i in kept]
    references = [table - (start + 4 * i) for i, table in enumerate(tables)]
    return _written(content, start - 4, struct.pack(f"<I{len(kept)}I", len(kept), *references))


def _written(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]
