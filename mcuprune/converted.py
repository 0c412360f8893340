"""What TensorFlow's converter leaves of some layers, most of them recurrent, put right before anybody reads the file.

All functions change a .tflite, or a part of one, as the object API of TensorFlow's flatbuffers has it.
"""

from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING

import numpy as np

from mcuprune import fixed
from mcuprune.recurrent import SOURCE, lstms

if TYPE_CHECKING:
    import keras

UNIDIRECTIONAL_SEQUENCE_LSTM = 44  # TFLite's code of the operator; places in its inputs and its intermediates:
FORGET, STATE, CELL, HIDDEN = 2, 18, 19, 4
TRANSPOSE_CONV, INT8 = 67, 9  # an operator, a type
RELUS = {1: ("RELU", 19), 3: ("RELU6", 21)}  # TFLite's codes of fused activations -> names, codes of the operators
FINEST = 2.0**-15  # the scale of cells; where they stay below 1/2 the converter takes a finer one, and TFLite no tanh


def begin(content) -> None:
    """Make constants of the zeros that unrolled layers begin with, which have been inputs of the network until here.

    content: the whole file.
    """
    graph = content.subgraphs[0]
    starts = [i for i in graph.inputs if graph.tensors[i].name.decode() != f"serving_default_{SOURCE}:0"]
    for tensor in (graph.tensors[i] for i in starts):
        buffer = type(content.buffers[0])()
        buffer.data = np.full(tensor.shape, tensor.quantization.zeroPoint[0], np.int8).view(np.uint8).reshape(-1)
        tensor.buffer = len(content.buffers)
        content.buffers.append(buffer)
    graph.inputs = [i for i in graph.inputs if i not in starts]
    for named in content.signatureDefs or ():
        named.inputs = [end for end in named.inputs if end.tensorIndex not in starts]


def share(content) -> None:
    """Make one of equal constants: the converter has given every step of an unrolled layer biases of its own."""
    graph = content.subgraphs[0]
    same: dict[int, int] = {}
    first: dict[tuple, int] = {}
    for index, tensor in enumerate(graph.tensors):
        data, quantization = content.buffers[tensor.buffer].data, tensor.quantization
        if data is not None and quantization is not None and quantization.scale is not None:
            what = bytes(data), tuple(tensor.shape), tensor.type, tuple(quantization.scale)
            same[index] = first.setdefault(what, index)
    for op in graph.operators:
        op.inputs = [same.get(index, index) for index in op.inputs]


def unfuse(content) -> None:
    """Give TRANSPOSE_CONV a RELU behind it for one in it that is less than its output's range.

    The same bytes come out.  Such a range is that of a CONCATENATION with something negative; and only the newest
    TFLite, in the fourth version of the operator, clamps in it.
    """
    graph = content.subgraphs[0]
    for place, op in reversed(list(enumerate(graph.operators))):
        target = graph.tensors[op.outputs[0]]
        if content.operatorCodes[op.opcodeIndex].builtinCode != TRANSPOSE_CONV or target.type != INT8:
            continue
        name, code = RELUS.get(op.builtinOptions.fusedActivationFunction, ("NONE", 0))
        scale, zero_point = target.quantization.scale[0], int(target.quantization.zeroPoint[0])
        if fixed.activation_range(name, scale, zero_point) == (-128, 127):
            continue
        sums, clamp, kind = copy(target), type(op)(), copy(content.operatorCodes[op.opcodeIndex])
        sums.name = target.name + b"_sums"
        kind.builtinCode = kind.deprecatedBuiltinCode = code
        kind.version = 2
        clamp.opcodeIndex, clamp.inputs, clamp.outputs = len(content.operatorCodes), [len(graph.tensors)], op.outputs
        op.outputs, op.builtinOptions.fusedActivationFunction = clamp.inputs, 0
        content.operatorCodes.append(kind)
        graph.tensors.append(sums)
        graph.operators.insert(place + 1, clamp)


def mend(graph, buffers: Sequence, codes: Sequence[int], model: "keras.Model") -> None:
    """Put right what the converter writes of LSTM operators.

    Their outputs get the names of the layers that have their weights.  And what they keep is quantized as what they
    put out: it is the same bytes, but where a CONCATENATION or an ADD follows, the converter gives it another scale.
    Cells are never finer than TFLite can compute with.
    graph: a subgraph; codes: its operators' builtin codes.
    """
    layers = lstms(model)
    for op, code in zip(graph.operators, codes, strict=True):
        if code != UNIDIRECTIONAL_SEQUENCE_LSTM:
            continue
        weights = graph.tensors[op.inputs[FORGET]]
        values = np.array(buffers[weights.buffer].data, np.uint8).view(np.int8).reshape(weights.shape)

        def difference(name: str, values=values * weights.quantization.scale[0]) -> float:
            kernel = layers[name].get_weights()[0]
            forget = np.split(kernel, 4, axis=1)[1].T
            return float(np.abs(forget - values).sum()) if forget.shape == values.shape else float("inf")

        output = graph.tensors[op.outputs[0]]
        output.name = f"{min(layers, key=difference)}/lstm".encode()
        for same in (op.inputs[STATE], op.intermediates[HIDDEN]):
            graph.tensors[same].quantization = output.quantization
        cell = graph.tensors[op.inputs[CELL]].quantization
        cell.scale = [max(cell.scale[0], FINEST)]
