"""Names for layers: short, unique, C identifiers, and those that the author of the model knows."""

import re
from collections.abc import Iterator
from dataclasses import replace

from mcuprune.graph import Op, Tensor

WEIGHTED = re.compile(r"(BiasAdd|Conv2D|Conv1D|convolution|depthwise|MatMul)\d*")


def short_name(kind: str, tensors: list[str]) -> str:
    """A layer's name as its author would recognise it, from the names of its output and its constants.

    TensorFlow joins the names of what it fused; the part with weights, else the oldest, is the layer.  The output of
    a whole network has a name of its own, which says nothing.

    >>> short_name("conv_2d", ["model/activation/Relu;model/conv2d_1/BiasAdd;model/conv2d_1/Conv2D"])
    'conv2d_1'
    >>> short_name("fully_connected", ["Identity", "model/dense/MatMul"])
    'dense'
    >>> short_name("softmax", ["StatefulPartitionedCall:0"])
    'softmax'
    """
    for tensor in tensors:
        parts = [part.split("/") for part in tensor.split(";") if "/" in part]
        weighted = [part for part in parts if WEIGHTED.fullmatch(part[-1])]
        for part in weighted or parts[-1:]:
            if name := re.sub(r"\W+", "_", part[-2], flags=re.ASCII).strip("_"):
                return f"layer_{name}" if name[0].isdigit() else name
    return kind


def name(op: Op, tensors: list[Tensor]) -> str:
    """The name of one operator, perhaps not unique."""
    constants = [tensors[i].name for i in op.inputs if i >= 0 and tensors[i].constant]
    return short_name(op.kind, [tensors[op.outputs[0]].name, *constants])


def named(ops: list[Op], tensors: list[Tensor]) -> Iterator[Op]:
    """The operators under unique names, whatever their case: a second conv2d is conv2d_n2."""
    used: set[str] = set()
    for op in ops:
        yield replace(op, name=unique(name(op, tensors), used))


def unique(stem: str, used: set[str]) -> str:
    """stem, or where it is used stem_n2 and so on.  used: names in lower case, of which it is one from here on."""
    found, number = stem, 1
    while found.lower() in used:
        number += 1
        found = f"{stem}_n{number}"
    used.add(found.lower())
    return found
