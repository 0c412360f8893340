"""DEQUANTIZE, which the reader takes off the output: the network ends in int8, and firmware knows the scale.

Anywhere else it is where a converter gave up on int8, and refused.
"""

import numpy as np

from mcuprune.graph import Graph, Op
from mcuprune.layer import Layer
from mcuprune.operand import unsupported

CODE = "DEQUANTIZE"
ABOUT = "int8 or int16 to float32 at the output, where it is taken off"


def read(options: object) -> dict[str, object]:
    return {}


def check(graph: Graph, op: Op) -> None:
    raise _refusal(op)


def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
    raise _refusal(op)


def lower(graph: Graph, op: Op, encoded: None = None) -> Layer:
    raise _refusal(op)


def _refusal(op: Op) -> Exception:
    rewrite = "replace the layer after it, which the converter left in float32, by one that `mcuprune ops` lists"
    return unsupported(op, "is inside the network, which goes on in float32", rewrite)
