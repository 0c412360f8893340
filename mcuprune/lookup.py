"""Functions of one int8.  Whatever the formula, 256 answers are all there is: evaluated once, looked up ever after.

The operators' own files say what the function is, as `table(graph, op)`; what they are else comes from `by_table`.  A
table's entry [x & 255] answers x, so that C indexes it with (uint8_t)x.
"""

from collections.abc import Callable
from ctypes import CDLL, c_float

import numpy as np

from mcuprune.graph import Graph, Op, Tensor
from mcuprune.layer import Array, Call, Field, Layer
from mcuprune.matrix import chunks

Table = Callable[[Graph, Op], np.ndarray]  # the answers of an operator to every int8, int8 [256]
Reference = Callable[[Graph, Op, list[np.ndarray]], list[np.ndarray]]
Lower = Callable[..., Layer]
EVERY_INT8 = np.arange(256, dtype=np.uint8).view(np.int8)  # the arguments, in the order of a table


def apply(table: np.ndarray, x: np.ndarray) -> np.ndarray:
    """table: int8 [256]; x: int8 [N, ...] -> int8, same shape."""
    result = np.empty_like(x)
    for part in chunks(len(x), 8 * x[:1].size):
        result[part] = table[x[part].view(np.uint8)]
    return result


def libm(name: str) -> Callable[[np.ndarray], np.ndarray]:
    """A float32 function of the C library, over arrays.

    TFLite calls it too, and libraries differ in the last bit: only the same one is sure to give the oracle's tables.
    """
    function = getattr(CDLL(None), name)
    function.argtypes, function.restype = [c_float], c_float
    return lambda x: np.array([function(value) for value in x], np.float32)


def reals(source: Tensor) -> np.ndarray:
    """What every int8 stands for, in the order of a table.  -> float32 [256]"""
    return np.float32(source.s) * (EVERY_INT8.astype(np.int32) - source.z).astype(np.float32)


def real_function(
    function: Callable[[np.ndarray], np.ndarray], source: Tensor, target: Tensor, *, divide: bool = False
) -> np.ndarray:
    """The table of a function of real numbers, computed in float32 as TFLite does.  -> int8 [256]

    TFLite's own tables multiply by the reciprocal of the output's scale; with divide, results are divided by it, as
    QUANTIZE does.
    """
    real, scale = function(reals(source)), np.float32(target.s)
    scaled = (real / scale if divide else real * (np.float32(1) / scale)).astype(np.float64)
    rounded = np.trunc(scaled + np.copysign(0.5, scaled))
    return np.clip(rounded + target.z, -128, 127).astype(np.int8)


def by_table(table: Table) -> tuple[Reference, Lower]:
    """`reference` and `lower` of an operator that has a table and nothing else."""

    def reference(graph: Graph, op: Op, inputs: list[np.ndarray]) -> list[np.ndarray]:
        """int8 [N, ...] -> int8 [N, ...], same shape."""
        return [apply(table(graph, op), inputs[0])]

    def lowered(graph: Graph, op: Op, encoded: None = None) -> Layer:
        return lower(graph, op, table(graph, op))

    return reference, lowered


def lower(graph: Graph, op: Op, table: np.ndarray) -> Layer:
    """table: int8 [256]"""
    size = graph.results(op)[0].count
    fields: dict[str, Field] = {"size": size, "table": Array("int8_t", table, 256)}
    call = Call("mcup_lookup_s8", "mcup_lookup_t", fields, work={"four": size // 4, "one": size % 4})
    return Layer(op, (call,), in_place=(0,), summary=f"{size:,} elements")
