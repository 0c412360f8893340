"""The same product with activations of 16 bits (TFLite's 16x8): weights stay int8, in the encodings that they have.

Zero points are 0, so a bias is only a bias.  With biases of 64 bits, sums have 64 bits and are scaled by 15 bits of the
multiplier and one rounding (`wide`); with biases of 32 bits sums have 32 and are scaled as everything else is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mcuprune import fixed
from mcuprune.graph import Op, Tensor
from mcuprune.layer import Array, Encoded, Field
from mcuprune.matrix import Matrix
from mcuprune.operand import unsupported

ROW_SIZE = 16  # bytes of a mcup_row_s16_t


@dataclass(frozen=True, eq=False)
class Matrix16(Matrix):
    """multiplier and shift are those of the scaling: with `wide` sums of fixed.multiply_by_short_multiplier."""

    wide: bool = True

    dtype: ClassVar[str] = "int16"
    suffix: ClassVar[str] = "s16"

    def requantize(self, acc: np.ndarray) -> np.ndarray:
        """int64 [..., rows], the bias included -> int16, same shape."""
        if not self.wide:
            return super().requantize(acc)
        scaled = fixed.multiply_by_short_multiplier(acc, self.multiplier, self.shift)
        return np.clip(scaled, self.least, self.most).astype(np.int16)

    def fields(self, encoded: Encoded) -> dict[str, Field]:
        """mcup_matrix_s16_t, its weights in an encoding."""
        row_bytes = encoded.row_bytes if encoded.pair_bytes else np.zeros_like(self.bias)
        table = np.stack([self.bias, self.multiplier, self.shift if self.wide else -self.shift, row_bytes], axis=1)
        return {
            "row": Array("mcup_row_s16_t", table, table.shape[0] * ROW_SIZE),
            "stream": self.stream(encoded),
            "rows": self.weights.shape[0],
            "inputs": self.weights.shape[1],
            "least": self.least,
            "most": self.most,
            "wide": int(self.wide),
        }


def matrix16(
    op: Op, weights: np.ndarray, reals: np.ndarray, bias: Tensor | None, target: Tensor, wide: bool = True
) -> Matrix16:
    """weights: int8 [rows, inputs]; reals: float64 [1] or [rows], input * weight scale / output scale."""
    rows = len(weights)
    pairs = [fixed.quantize_multiplier(float(real)) for real in reals]
    multiplier, shift = np.array([fixed.short_multiplier(*pair) if wide else pair for pair in pairs], np.int64).T
    multiplier, shift = np.broadcast_to(multiplier, rows), np.broadcast_to(shift, rows)
    least, most = fixed.activation_range(op.attrs["fused_activation_function"], target.s, 0, "int16")
    values = np.zeros(rows, np.int64) if bias is None else bias.values.reshape(-1).astype(np.int64)
    return Matrix16(weights, values, multiplier, shift, 0, least, most, wide)


def check_bias16(op: Op, rows: int, bias: Tensor | None, dtypes: Sequence[str]) -> None:
    """Refuse a bias that TFLite's 16x8 kernels do not read.  dtypes: what it may be, '' where it may be absent"""
    if ("" if bias is None else bias.dtype) not in dtypes or (bias is not None and bias.count != rows):
        has = "no bias" if bias is None else f"a bias of {bias.count} {bias.dtype}"
        wanted = " or ".join(dtype for dtype in dtypes if dtype)
        raise unsupported(op, f"has {has}, TFLite's 16x8 kernel demands {rows} {wanted}", "convert the model again")
    if bias is not None and not bias.constant:
        raise unsupported(op, "has a bias that the network computes", "use a constant bias")


def check_matrix16(op: Op, m: Matrix) -> None:
    """Refuse sums that may overflow, and scales that TFLite cannot reach."""
    assert isinstance(m, Matrix16)
    bits = 47 if m.wide else 31
    if m.bound.max() >= 1 << bits:
        why = f"can overflow its {bits + 1}-bit sums in output {m.bound.argmax()}"
        raise unsupported(op, why, "train with smaller weights and biases")
    if m.wide and m.shift.min() < 1:
        why = "has an output scale far below that of its sums"
        raise unsupported(op, why, "calibrate the quantizer with real samples")
