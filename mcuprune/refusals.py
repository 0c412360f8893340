"""What is refused of a .tflite file before its operators check themselves: why, and what to use instead."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from mcuprune import naming
from mcuprune.errors import UnsupportedModel
from mcuprune.flatbuffer import File
from mcuprune.graph import Graph, Op
from mcuprune.operand import unsupported
from mcuprune.ops import OPS

WIDTHS = ("int8", "int16")  # what is computed in; operators that know the second say so: WIDE
QUANTIZE_IT = (
    "Quantize it first: `mcuprune quantize MODEL --data D`, or the TFLite converter with a representative_dataset, "
    "TFLITE_BUILTINS_INT8 and int8 as inference_input_type and inference_output_type."
)
REFUSED_TYPES = {
    "uint8": "computes in uint8 (quantization of TensorFlow 1). Convert it again with TFLITE_BUILTINS_INT8.",
    "float32": f"computes in float32; mcuprune compiles int8 networks. {QUANTIZE_IT}",
    "float16": f"computes in float16; mcuprune compiles int8 networks. {QUANTIZE_IT}",
}
# Operators that people meet and that are refused: why, and what to use instead.
NO_KERNEL = "has no int8 kernel among TFLite's reference kernels, which say what is right"
REFUSED = {
    "CEIL": (NO_KERNEL, "leave it to the program around the network"),
    "CUMSUM": (NO_KERNEL, "use a convolution with weights of one"),
    "CUSTOM": ("is not an operator of TFLite", "replace the layer by built-in ones"),
    "DIV": (NO_KERNEL, "multiply by the reciprocal where the divisor is a constant"),
    "FLOOR": (NO_KERNEL, "leave it to the program around the network"),
    "POW": (NO_KERNEL, "multiply (MUL)"),
    "SHAPE": ("computes a shape", "convert the model with a fixed batch size of 1, so that shapes are constants"),
    "SUM": ("has a reference kernel in TFLite whose int8 results are not sums", "use MEAN, and a scale that fits"),
    "WHILE": (
        "is a loop",
        "recurrent loops cannot be int8; unroll them, as `mcuprune quantize` does with GRU and SimpleRNN",
    ),
}
AGAIN = "convert the model again"
NEAREST = "replace the layer by operators that `mcuprune ops` lists"


def check_ends(path: Path, file: File) -> None:
    for what, ends in (("input", file.inputs), ("output", file.outputs)):
        names = ", ".join(file.tensors[i].name for i in ends)
        if not ends:
            raise UnsupportedModel(f"{path.name} has no {what}s. Convert the model again.")
        if len(set(ends)) < len(ends):
            raise UnsupportedModel(f"{path.name} has the same {what} twice ({names}). Leave one of them out.")
        for tensor in (file.tensors[i] for i in ends):
            if tensor.shape[:1] != (1,):
                raise UnsupportedModel(
                    f"the {what} {tensor.name} of {path.name} has shape {tensor.shape}; its first dimension must be a "
                    "batch of 1. Convert the model with a batch size of 1."
                )
    if not file.ops:
        raise UnsupportedModel(f"{path.name} has no operators: there is nothing to compile.")


def check_alignment(graph: Graph) -> None:
    """Refuse an int16 tensor that would lie at an odd address where a sample is one stream of bytes (mcuprune.ends)."""
    for what, tensors in (("input", graph.sources), ("output", graph.targets)):
        for i, tensor in enumerate(tensors):
            if tensor.dtype == "int16" and sum(before.size for before in tensors[:i]) % 2:
                raise UnsupportedModel(
                    f"the {what} {tensor.name} is int16 and stands behind an odd number of bytes. "
                    f"Put it before the int8 {what}s."
                )


def check_op(file: File, op: Op) -> None:
    """Refuse what no operator's own check has to know: strange kinds and strange types."""
    label = replace(op, name=naming.name(op, file.tensors))
    activations = [file.tensors[i] for i in (*op.inputs, *op.outputs) if i >= 0 and not file.tensors[i].constant]
    for dtype, reason in REFUSED_TYPES.items():
        if dtype in {tensor.dtype for tensor in activations}:
            if dtype == "float32" and any(len(t.scale) for t in file.tensors if not t.constant and t.dtype in WIDTHS):
                _, rewrite = REFUSED.get(op.kind.upper(), ("", NEAREST))
                raise unsupported(label, "is left in float32 by the converter, which cannot quantize it", rewrite)
            raise UnsupportedModel(f"{label.name}: {op.kind.upper()} {reason}")
    if op.kind not in OPS:
        why, rewrite = REFUSED.get(op.kind.upper(), ("is not supported", NEAREST))
        raise unsupported(label, f"({op.name}) {why}" if op.kind == "custom" else why, rewrite)
    if len(op.outputs) != 1:
        raise unsupported(label, f"has {len(op.outputs)} results", NEAREST)
    if len(activations) == 1 and op.kind != "fully_connected":  # it reads what a recurrent layer begins with
        raise unsupported(label, "computes a constant", "let the converter fold constants")
    places = getattr(OPS[op.kind], "INTEGERS", ())
    integers = [file.tensors[(*op.inputs, *op.outputs)[place]] for place in places]
    for tensor in activations:
        if any(tensor is known for known in integers):
            if tensor.dtype not in ("int32", "int64"):
                raise unsupported(label, f"has the {tensor.dtype} tensor {tensor.name} in place of integers", NEAREST)
            continue
        if tensor.dtype not in WIDTHS:
            raise unsupported(label, f"has the {tensor.dtype} tensor {tensor.name}; only int8 is computed", NEAREST)
        if tensor.dtype == "int16" and not getattr(OPS[op.kind], "WIDE", False):
            rewrite = "use another operator, or convert the model with TFLITE_BUILTINS_INT8"
            raise unsupported(label, f"computes in int16 ({tensor.name}), for which it has no kernel", rewrite)
        if len(tensor.scale) != 1 or not 0 < tensor.s < np.inf or not -128 <= tensor.z <= 127:
            raise unsupported(label, f"has the tensor {tensor.name} without one scale and zero point", "quantize it")
        if tensor.dtype == "int16" and tensor.z:
            raise unsupported(label, f"has the int16 tensor {tensor.name} with zero point {tensor.z}, not 0", AGAIN)
        if tensor.dtype == "int16" and len(tensor.shape) > 4:
            why = f"has the int16 tensor {tensor.name} of {len(tensor.shape)} dimensions"
            raise unsupported(label, why, "merge some of them with a RESHAPE")
        if not tensor.count:
            raise unsupported(label, f"has the empty tensor {tensor.name}", "leave it out")
    if op.kind != "quantize" and len({t.dtype for t in activations if t.dtype in WIDTHS}) > 1:
        raise unsupported(label, "has operands of int8 and of int16", AGAIN)
