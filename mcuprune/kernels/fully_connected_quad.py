"""Dense FULLY_CONNECTED for cores with SMLAD: weights in quads, four rows at a time."""

from collections.abc import Sequence

from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Field, Layer, Scratch
from mcuprune.ops import fully_connected
from mcuprune.quads import quads

OP = "fully_connected"
TOGETHER, UNIT = 4, 4  # rows; quads that the loop is unrolled for


def lower(graph: Graph, op: Op, isas: Sequence[str]) -> Layer | None:
    m = fully_connected.matrix_of(graph, op)
    matrix = quads(m, TOGETHER, UNIT) if "dsp" in isas else None
    if matrix is None:
        return None
    outputs, inputs = m.weights.shape
    batches, words, groups = graph.results(op)[0].count // outputs, matrix.words, matrix.rows // TOGETHER
    fields: dict[str, Field] = {
        "matrix": matrix.fields,
        "room": Scratch(8 * words, "uint32_t"),
        "inputs": inputs,
        "outputs": outputs,
        "batches": batches,
    }
    work = {"batch": batches, "quad": batches * words, "group": batches * groups, "word": batches * groups * words}
    work["clamped"] = m.clamped(batches * outputs)
    call = Call("mcup_fully_connected_quad_s8", "mcup_fully_connected_quad_t", fields, work=work)
    return fully_connected.layer(graph, op, m, call, matrix.encoded(m.weights))
