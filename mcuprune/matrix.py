"""The heart of convolution and fully connected: a constant matrix times a column, requantized per row.

    sum[row]    = bias[row] + sum over k of weights[row, k] * (column[k] - input_zero_point)
    output[row] = clamp(zero_point + sum[row] * scale[row])

The input's zero point is folded into the bias, so that the inner loop, here and in C, multiplies and adds nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from mcuprune import fixed
from mcuprune.graph import Op, Tensor
from mcuprune.layer import Array, Call, Encoded, Field
from mcuprune.operand import unsupported

ROW_SIZE = 12  # bytes of a mcup_row_t
CHUNK = 1 << 21  # bytes of a temporary array: they stay in the cache, and whole test sets in memory


@dataclass(frozen=True, eq=False)
class Matrix:
    """The integers of a layer.  weights: int8 [rows, inputs]; bias (folded), multiplier, shift: int64 [rows]."""

    weights: np.ndarray
    bias: np.ndarray
    multiplier: np.ndarray
    shift: np.ndarray  # TFLite's sign: positive is to the left
    zero_point: int  # of the output
    least: int
    most: int

    dtype: ClassVar[str] = "int8"  # of columns and outputs
    suffix: ClassVar[str] = "s8"  # of kernels

    @property
    def largest(self) -> int:
        """The largest magnitude of an input."""
        return -int(np.iinfo(self.dtype).min)

    @property
    def bound(self) -> np.ndarray:
        """The largest magnitude that the sum of a row can have.  int64 [rows]"""
        return np.abs(self.bias) + self.largest * np.abs(self.weights.astype(np.int64)).sum(axis=1)

    @property
    def settled(self) -> "Matrix":
        """The same function, with multiplier 0 and shift 1 to the right in rows that answer the zero point always."""
        silent = (self.multiplier == 0) | (self.bound < 2.0 ** np.maximum(-self.shift - 1, 0))
        multiplier, shift = np.where(silent, 0, self.multiplier), np.where(silent, -1, self.shift)
        return replace(self, multiplier=multiplier, shift=shift)

    def times(self, columns: np.ndarray) -> np.ndarray:
        """[n, inputs] -> [n, rows].  BLAS is exact as long as every sum fits the mantissa."""
        largest = self.largest * int(np.abs(self.weights.astype(np.int64)).sum(axis=1).max(initial=0))
        exact = np.float32 if largest < 2**24 else np.float64
        weights: np.ndarray = self.weights.T.astype(exact)
        result = np.empty((len(columns), len(self.weights)), self.dtype)
        for part in chunks(len(columns), 8 * max(self.weights.shape)):
            result[part] = self.requantize((columns[part].astype(exact) @ weights).astype(np.int64) + self.bias)
        return result

    def requantize(self, acc: np.ndarray) -> np.ndarray:
        """int64 [..., rows], the folded bias included -> int8, same shape."""
        return fixed.requantize(acc, self.multiplier, self.shift, self.zero_point, self.least, self.most, self.dtype)

    def times_columns(self, encoded: Encoded, columns: int) -> Call:
        """The call that multiplies columns that lie one behind the other in the input."""
        fields: dict[str, Field] = {"matrix": self.fields(encoded), "batches": columns}
        function, work = f"mcup_fully_connected_{encoded.encoding}_{self.suffix}", self.work(encoded, columns)
        return Call(function, self.struct("fully_connected"), fields, work=work)

    def rows(self, places: np.ndarray) -> "Matrix":
        """Some of the rows.  places: their numbers"""
        parts = (self.weights, self.bias, self.multiplier, self.shift)
        weights, bias, multiplier, shift = (part[places] for part in parts)
        return replace(self, weights=weights, bias=bias, multiplier=multiplier, shift=shift)

    def struct(self, kind: str) -> str:
        """The struct of a kernel that has the matrix in it."""
        return f"mcup_{kind}_t" if self.suffix == "s8" else f"mcup_{kind}_{self.suffix}_t"

    def work(self, encoded: Encoded, columns: int) -> dict[str, float]:
        """How often the loops of the portable kernels run, for mcuprune.cost."""
        rows, inputs = self.weights.shape
        work: dict[str, float] = {"row": columns * rows, "clamped": self.clamped(columns * rows)}
        if encoded.pair_bytes:
            return work | {"pair": columns * int(encoded.row_bytes.sum()) // encoded.pair_bytes}
        work |= {"quad": columns * rows * (inputs // 4), "single": columns * rows * (inputs % 4)}
        if rows < 4:  # what follows is of kernels that take four rows at a time, but fewer one by one
            return work | {"four": 0, "filler": 0, "lone": columns * rows * inputs}
        return work | {"four": columns * -(-rows // 4), "filler": columns * (-rows % 4) * inputs, "lone": 0}

    def clamped(self, outputs: int) -> int:
        """How many of so many outputs take part in the pass that some kernels clamp in: all, if to less than int8."""
        every = np.iinfo(self.dtype)
        return outputs if (self.least, self.most) != (every.min, every.max) else 0

    def fields(self, encoded: Encoded) -> dict[str, Field]:
        """mcup_matrix_t, its weights in an encoding."""
        entry, row_bytes = np.zeros_like(self.bias), np.zeros_like(self.bias)
        if encoded.pair_bytes:
            entry, row_bytes = encoded.row_bytes // encoded.pair_bytes % 4, encoded.row_bytes
        table = np.stack([self.bias, self.multiplier, -self.shift, entry, row_bytes], axis=1)
        return {
            "row": Array("mcup_row_t", table, table.shape[0] * ROW_SIZE),
            "stream": self.stream(encoded),
            "rows": self.weights.shape[0],
            "inputs": self.weights.shape[1],
            "zero_point": self.zero_point,
            "least": self.least,
            "most": self.most,
        }

    def stream(self, encoded: Encoded) -> Array:
        padded = np.pad(encoded.stream, (0, encoded.pair_bytes))  # kernels read as far ahead as the next pair
        return Array("uint8_t", padded, padded.size)


def matrix(
    op: Op, weights: np.ndarray, real_multipliers: np.ndarray, bias: Tensor | None, source: Tensor, target: Tensor
) -> Matrix:
    """weights: int8 [rows, inputs]; real_multipliers: float64 [1] or [rows], input * weight scale / output scale."""
    rows = len(weights)
    multiplier, shift = fixed.quantize_multipliers(real_multipliers)
    folded = -source.z * weights.astype(np.int64).sum(axis=1)
    if bias is not None:
        folded += bias.values.reshape(-1)
    least, most = fixed.activation_range(op.attrs["fused_activation_function"], target.s, target.z)
    multiplier, shift = np.broadcast_to(multiplier, rows), np.broadcast_to(shift, rows)
    return Matrix(weights, folded, multiplier, shift, target.z, least, most)


def check_constants(op: Op, rows: int, axis: int, source: Tensor, weights: Tensor, bias: Tensor | None) -> None:
    """Refuse weights and biases that no kernel reads.  rows: output channels, along `axis` of the weights."""
    check_weights(op, rows, axis, weights)
    if bias is not None and (not bias.constant or bias.dtype != "int32" or bias.count != rows):
        raise unsupported(op, f"has a bias that is not {rows} int32 constants", "quantize the whole network to int8")
    matrix_rows = np.moveaxis(weights.values, axis, 0).reshape(rows, -1).astype(np.int64)
    largest = np.abs(matrix_rows).sum(axis=1) * (128 + abs(source.z))
    if bias is not None:
        largest += np.abs(bias.values.reshape(-1).astype(np.int64))
    if largest.max(initial=0) >= 2**31:
        raise unsupported(op, f"can overflow its 32-bit sums in output {largest.argmax()}", "train with smaller biases")


def check_weights(op: Op, rows: int, axis: int, weights: Tensor) -> None:
    """Refuse weights that are not int8 constants with scales for all or for each of the rows."""
    if not weights.constant:
        raise unsupported(op, "has weights that the network computes", "use constant weights")
    if weights.dtype != "int8":
        raise unsupported(op, f"has {weights.dtype} weights", "quantize weights to int8")
    scales = len(weights.scale)
    if scales not in (1, rows) or (scales > 1 and weights.axis != axis):
        raise unsupported(op, f"has {scales} weight scales for {rows} outputs", "quantize per output or per tensor")
    if np.any(weights.zero_point):
        raise unsupported(op, "has asymmetric weights", "quantize weights with zero point 0")
    if not np.all((weights.scale >= 0) & np.isfinite(weights.scale)):  # 0 is that of 16x8 outputs without weights
        raise unsupported(op, "has a weight scale that is negative or infinite", "convert the model again")


def chunks(n: int, size: int) -> Iterator[slice]:
    """Slices that cover n items of `size` bytes each, a chunk of memory at a time."""
    step = max(1, CHUNK // max(size, 1))
    return (slice(start, start + step) for start in range(0, n, step))
