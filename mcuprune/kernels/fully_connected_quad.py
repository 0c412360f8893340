"""Dense FULLY_CONNECTED for cores with SMLAD: weights in quads, four rows at a time."""

from collections.abc import Sequence

from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Field, Layer, Scratch
from mcuprune.ops import fully_connected
from mcuprune.quads import quads

OP = "fully_connected"
TOGETHER, UNIT = 4, 4  # rows; quads that the loop is unrolled for


def lower(graph: Graph, op: Op, isas: Sequence[str]) -> Layer | None:
    """The inputs are made ready once for all rows, in scratch."""
    return _lower(graph, op, isas, "quad", ready=True)


def frugal(graph: Graph, op: Op, isas: Sequence[str]) -> list[Layer]:
    """Without scratch: inputs are made ready anew for every four rows, which is faster where there are few."""
    found = _lower(graph, op, isas, "quad_direct", ready=False)
    return [found] if found else []


def _lower(graph: Graph, op: Op, isas: Sequence[str], name: str, ready: bool) -> Layer | None:
    m = fully_connected.matrix_of(graph, op)
    matrix = quads(m, TOGETHER, UNIT) if "dsp" in isas else None
    if matrix is None:
        return None
    outputs, inputs = m.weights.shape
    batches, words, groups = graph.results(op)[0].count // outputs, matrix.words, matrix.rows // TOGETHER
    fields: dict[str, Field] = {"matrix": matrix.fields, "inputs": inputs, "outputs": outputs, "batches": batches}
    work = {"batch": batches, "group": batches * groups, "word": batches * groups * words}
    work["clamped"] = m.clamped(batches * outputs)
    if ready:
        fields["room"] = Scratch(4 * words, "uint32_t")
        work["quad"] = batches * words
    else:
        work["single"] = batches * (inputs % (4 * UNIT))  # input of the last turn of the loop, which is copied
    call = Call(f"mcup_fully_connected_{name}_s8", "mcup_fully_connected_quad_t", fields, work=work)
    return fully_connected.layer(graph, op, m, call, matrix.encoded(m.weights))
