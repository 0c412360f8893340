"""FULLY_CONNECTED as the CONV_2D with a window of 1x1 that it is.

ai-edge-litert's reference kernel of FULLY_CONNECTED scales its sums in float64, so that some bytes are one off from
tflite-runtime's, which scales them in fixed point as TFLite's specification says; its kernel of CONV_2D is as before.
With CONV_2D both give the same bytes, and all of them are still TFLite's own.

The old file stays whole behind a new beginning: in a flatbuffer references only lead forward, to old tables as well.
"""

from collections.abc import Sequence

import flatbuffers
import numpy as np
import tflite

from mcuprune import schema

VERSIONS = {"CONV_2D": 4, "RESHAPE": 1}  # of what takes its place: the fourth is the first with int16
ALIGNMENT = 16  # bytes, of constants: kernels read them where they lie
ROOM = 1 << 16  # bytes for what is new, to begin with: the builder takes more where it has to
INTEGERS = tflite.TensorType.INT8, tflite.TensorType.INT16


def convolved(content: bytes) -> bytes:
    """The file with every FULLY_CONNECTED of integers as RESHAPEs, CONV_2D, RESHAPE; itself where there is none.

    Tensors keep their indices, new ones come after them.
    """
    if content[4:8] != b"TFL3":
        return content
    model = tflite.Model.GetRootAs(content, 0)
    graph = model.Subgraphs(0)
    ops = [graph.Operators(i) for i in range(graph.OperatorsLength())]
    dense = [_is_dense(model, graph, op) for op in ops]
    if not any(dense):
        return content
    draft = _Draft(content, model)
    for op, replaced in zip(ops, dense, strict=True):
        if replaced:
            draft.convolve(op)
        else:
            draft.ops.append(draft.old(op))
    return draft.finish()


def _is_dense(model: tflite.Model, graph: tflite.SubGraph, op: tflite.Operator) -> bool:
    kind = schema.number(model.OperatorCodes(op.OpcodeIndex()))
    return kind == tflite.BuiltinOperator.FULLY_CONNECTED and graph.Tensors(op.Inputs(0)).Type() in INTEGERS


class _Draft:
    """A file in the making: lists of tables, by where they stand, counted from the end as flatbuffers' builder does."""

    def __init__(self, content: bytes, model: tflite.Model) -> None:
        content += bytes(-len(content) % ALIGNMENT)  # counted from the end, as all that follows
        self.size, self.graph = len(content), model.Subgraphs(0)
        self.builder = flatbuffers.Builder(self.size + ROOM)
        self.builder.Prep(ALIGNMENT, 0)
        self.builder.head -= self.size
        self.builder.Bytes[self.builder.head :] = content
        self.ops: list[int] = []
        self.tensors = [self.old(self.graph.Tensors(i)) for i in range(self.graph.TensorsLength())]
        self.buffers = [self.old(model.Buffers(i)) for i in range(model.BuffersLength())]
        self.codes = [self.old(model.OperatorCodes(i)) for i in range(model.OperatorCodesLength())]
        self.code = {kind: len(self.codes) + i for i, kind in enumerate(VERSIONS)}
        for kind, version in VERSIONS.items():
            code = getattr(tflite.BuiltinOperator, kind)
            self.codes.append(self.table("OperatorCode", DeprecatedBuiltinCode=code, BuiltinCode=code, Version=version))

    def convolve(self, op: tflite.Operator) -> None:
        """Add what computes the same: inputs [1, 1, n, inputs], weights [rows, 1, 1, inputs]."""
        x, weights, y = (self.graph.Tensors(i) for i in (op.Inputs(0), op.Inputs(1), op.Outputs(0)))
        rows, inputs = map(int, weights.ShapeAsNumpy())
        batches = int(np.prod(x.ShapeAsNumpy())) // inputs
        scales = x.Quantization(), weights.Quantization()
        if len(scales[1].ScaleAsNumpy()) > 1:
            of_x, of_weights = map(self.old, scales)
        else:  # here FULLY_CONNECTED multiplies in float32, CONV_2D in float64
            product = np.float32(scales[0].Scale(0)) * np.float32(scales[1].Scale(0))
            of_x = self.quantization(1, int(scales[0].ZeroPoint(0)))
            of_weights = self.quantization(float(product), int(scales[1].ZeroPoint(0)))
        bias = int(op.Inputs(2)) if op.InputsLength() > 2 else -1
        bias = self.zeros(rows) if bias < 0 else bias
        column = self.tensor(x, (1, 1, batches, inputs), of_x)
        window = self.tensor(weights, (rows, 1, 1, inputs), of_weights)
        result = self.tensor(y, (1, 1, batches, rows), self.old(y.Quantization()))
        self.reshape(int(op.Inputs(0)), column, (1, 1, batches, inputs))
        self.reshape(int(op.Inputs(1)), window, (rows, 1, 1, inputs))  # a DENSIFY may have written them
        self.op("CONV_2D", [column, window, bias], result, "Conv2DOptions", **self.options(op, bias))
        self.reshape(result, int(op.Outputs(0)), y.ShapeAsNumpy())

    def options(self, op: tflite.Operator, bias: int) -> dict[str, int]:
        old, table = tflite.FullyConnectedOptions(), op.BuiltinOptions()
        if table:
            old.Init(table.Bytes, table.Pos)
        wide = self.graph.Tensors(op.Inputs(0)).Type() == tflite.TensorType.INT16
        known = bias < self.graph.TensorsLength()
        return {
            "Padding": tflite.Padding.VALID,
            "StrideW": 1,
            "StrideH": 1,
            "FusedActivationFunction": old.FusedActivationFunction() if table else 0,
            "QuantizedBiasType": wide * (self.graph.Tensors(bias).Type() if known else tflite.TensorType.INT32),
        }

    def finish(self) -> bytes:
        graph = self.table(
            "SubGraph",
            Tensors=self.references(self.tensors),
            Inputs=self.vector(self.graph.InputsAsNumpy()),
            Outputs=self.vector(self.graph.OutputsAsNumpy()),
            Operators=self.references(self.ops),
        )
        lists = {"OperatorCodes": self.codes, "Subgraphs": [graph], "Buffers": self.buffers}
        model = self.table("Model", Version=3, **{field: self.references(tables) for field, tables in lists.items()})
        self.builder.Finish(model, file_identifier=b"TFL3")
        return bytes(self.builder.Output())

    def old(self, table) -> int:
        return self.size - table._tab.Pos

    def reshape(self, source: int, target: int, shape: Sequence[int]) -> None:
        self.op("RESHAPE", [source], target, "ReshapeOptions", NewShape=self.vector(shape))

    def op(self, kind: str, inputs: Sequence[int], output: int, options: str, **fields: int) -> None:
        lists = {"Inputs": self.vector(inputs), "Outputs": self.vector([output])}
        which, table = getattr(tflite.BuiltinOptions, options), self.table(options, **fields)
        code = self.code[kind]
        self.ops.append(
            self.table("Operator", OpcodeIndex=code, **lists, BuiltinOptionsType=which, BuiltinOptions=table)
        )

    def tensor(self, like: tflite.Tensor, shape: Sequence[int], quantization: int) -> int:
        """A new tensor of the type of another -> its index."""
        shape_of = self.vector(shape)
        self.tensors.append(self.table("Tensor", Shape=shape_of, Type=like.Type(), Quantization=quantization))
        return len(self.tensors) - 1

    def zeros(self, count: int) -> int:
        """A new constant of int32 -> its index."""
        self.builder.StartVector(1, 4 * count, ALIGNMENT)
        self.builder.Pad(4 * count)
        self.buffers.append(self.table("Buffer", Data=self.builder.EndVector()))
        fields = {"Shape": self.vector([count]), "Type": tflite.TensorType.INT32, "Buffer": len(self.buffers) - 1}
        self.tensors.append(self.table("Tensor", **fields, Quantization=self.quantization(1, 0)))
        return len(self.tensors) - 1

    def quantization(self, scale: float, zero_point: int) -> int:
        scales, zero_points = self.vector([scale], np.float32), self.vector([zero_point], np.int64)
        return self.table("QuantizationParameters", Scale=scales, ZeroPoint=zero_points)

    def table(self, kind: str, **fields: int) -> int:
        getattr(tflite, f"{kind}Start")(self.builder)
        for name, value in fields.items():
            getattr(tflite, f"{kind}Add{name}")(self.builder, value)
        return getattr(tflite, f"{kind}End")(self.builder)

    def references(self, tables: Sequence[int]) -> int:
        self.builder.StartVector(4, len(tables), 4)
        for table in reversed(tables):
            self.builder.PrependUOffsetTRelative(table)
        return self.builder.EndVector()

    def vector(self, values, dtype=np.int32) -> int:
        return self.builder.CreateNumpyVector(np.asarray(values, dtype))
