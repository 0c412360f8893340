"""MAXIMUM, and MINIMUM: the larger or the smaller of two bytes, which have to be on one scale."""

import numpy as np

from mcuprune import pairs
from mcuprune.graph import Graph, Op
from mcuprune.layer import Call, Layer
from mcuprune.operand import operands, unsupported

CODE = "MAXIMUM"
ABOUT = "operands and output of one scale and zero point, constants, broadcasting in up to 4 dimensions"


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    pairs.check(graph, op)
    target = graph.tensors[op.outputs[0]]
    for operand in operands(graph, op):
        if (operand.s, operand.z) != (target.s, target.z):  # TFLite compares bytes, whatever they stand for
            why = (
                f"compares {operand.name} ({operand.s:.6g}, {operand.z}) on another scale ({target.s:.6g}, {target.z})"
            )
            raise unsupported(op, why, "quantize the model with the TFLite converter, which puts a QUANTIZE between")


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """int8 [N, ...] each -> int8 [N, ...]"""
    pick = np.maximum if op.kind == "maximum" else np.minimum
    return [pairs.evaluate(graph, op, pick(pairs.EVERY_A, pairs.EVERY_B).astype(np.int8), inputs)]


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    fields, work = pairs.loop_fields(graph, op), pairs.work(graph, op)
    return pairs.layer(graph, op, Call(f"mcup_{op.kind}_s8", "mcup_pairs_t", fields, (0, 1), work))
