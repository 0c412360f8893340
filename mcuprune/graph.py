"""The network as data: a quantized graph of tensors and operators, frozen once read.

A Graph is what `tflite.read` returns, what the rewrites take and return, and what the emitter prints.  Operators stand
in execution order; tensors are named by their index.  Everything is checked when it is built, so that what comes
after may trust it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor of the network: a constant when it has data, an activation otherwise.

    Shapes are TFLite's, the batch of 1 included.  real = scale * (quantized - zero_point), per channel along `axis`
    when there is more than one scale.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str = "int8"  # numpy's name: int8, int16, int32, int64; float32 and uint8 at the ends of a network only
    scale: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))  # float32 [1] or [channels]; [] if none
    zero_point: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))  # int64, as long as scale
    axis: int = 0  # the dimension that per-channel scales run along
    data: np.ndarray | None = None
    variable: bool = False  # keeps its values between inferences; the reader leaves it to the operator
    kept: np.ndarray | None = None  # of the file's tensor the elements that are left, flat; None: all of them

    def __post_init__(self) -> None:
        if self.data is not None:
            assert self.data.shape == self.shape, (self.name, self.data.shape, self.shape)
            self.data.setflags(write=False)

    @property
    def count(self) -> int:
        """Elements."""
        return prod(self.shape)

    @property
    def size(self) -> int:
        """Bytes."""
        return self.count * self.item

    @property
    def item(self) -> int:
        """Bytes of an element."""
        return np.dtype(self.dtype).itemsize

    @property
    def constant(self) -> bool:
        return self.data is not None

    @property
    def values(self) -> np.ndarray:
        """The data of a constant."""
        assert self.data is not None, self.name
        return self.data

    @property
    def s(self) -> float:
        """The one scale of a per-tensor quantized tensor, as the double that TFLite computes with."""
        assert len(self.scale) == 1, self.name
        return float(self.scale[0])

    @property
    def z(self) -> int:
        """The one zero point of a per-tensor quantized tensor."""
        assert len(self.zero_point) == 1, self.name
        return int(self.zero_point[0])


@dataclass(frozen=True)
class Op:
    """One operator: its kind names the module in `mcuprune.ops` that knows everything about it."""

    kind: str  # 'conv_2d': TFLite's name in lower case
    name: str  # unique within the graph, a valid C identifier
    inputs: tuple[int, ...]  # tensor indices, -1 for an optional input that is absent
    outputs: tuple[int, ...]
    attrs: Mapping[str, Any] = field(default_factory=dict)  # TFLite's options by their schema names in snake_case


@dataclass(frozen=True)
class Slot:
    """Where in another tensor a tensor of a loop lies: `offset + step * stride` bytes from its beginning."""

    tensor: int
    offset: int
    stride: int


@dataclass(frozen=True)
class Loop:
    """Operators that run `count` times, one after the other: Graph.ops[start:stop].

    What they write is overwritten in the next step, and so may be read there by operators that come earlier: a state.
    """

    start: int
    stop: int
    count: int
    slots: Mapping[int, Slot]  # by index of the tensor
    written: tuple[tuple[int, ...], ...]  # [steps, operators]: what the file calls the outputs; -1: it has none

    def moves(self) -> set[int]:
        """The tensors that are read or written piece by piece, another piece in every step."""
        return {slot.tensor for slot in self.slots.values() if slot.stride}


@dataclass(frozen=True)
class Graph:
    """A network: `inputs` and `outputs` are tensor indices, `ops` are in execution order."""

    name: str
    tensors: tuple[Tensor, ...]
    ops: tuple[Op, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    source: str = ""  # the file it was read from
    sha256: str = ""  # of that file
    loops: tuple[Loop, ...] = ()  # made by mcuprune.loops, after all that changes operators

    def __post_init__(self) -> None:
        ready = set(self.inputs) | {i for i, t in enumerate(self.tensors) if t.constant or t.variable}
        ready |= set(self.slots) | {slot.tensor for slot in self.slots.values()}
        for op in self.ops:
            missing = [i for i in op.inputs if i >= 0 and i not in ready]
            assert not missing, f"{op.name} reads {[self.tensors[i].name for i in missing]} before they are written"
            ready |= set(op.outputs)
        assert set(self.outputs) <= ready, "an output is never written"

    def operands(self, op: Op) -> list[Tensor | None]:
        """The input tensors of op, None for an absent optional one."""
        return [self.tensors[i] if i >= 0 else None for i in op.inputs]

    def operand(self, op: Op, position: int) -> Tensor:
        """An input of op that is never absent."""
        return self.tensors[op.inputs[position]]

    def results(self, op: Op) -> list[Tensor]:
        return [self.tensors[i] for i in op.outputs]

    @cached_property
    def slots(self) -> dict[int, Slot]:
        """Of all loops."""
        return {tensor: slot for loop in self.loops for tensor, slot in loop.slots.items()}

    def schedule(self) -> Iterator[tuple[int, int]]:
        """(position in ops, step of the loop around it or 0), as operators run."""
        position = 0
        for loop in (*self.loops, None):
            yield from ((i, 0) for i in range(position, loop.start if loop else len(self.ops)))
            if loop:
                yield from ((i, step) for step in range(loop.count) for i in range(loop.start, loop.stop))
                position = loop.stop

    def written(self, position: int, step: int) -> int:
        """The tensor of the file that holds what an operator writes in a step, -1 where there is none."""
        (output,) = self.ops[position].outputs
        if loop := self.loop_at(position):
            return loop.written[step][position - loop.start]
        begins = any(output in op.outputs for loop in self.loops for op in self.ops[loop.start : loop.stop])
        return -1 if begins else output

    def loop_at(self, position: int) -> Loop | None:
        """The loop that an operator is in."""
        return next((loop for loop in self.loops if loop.start <= position < loop.stop), None)

    @property
    def sources(self) -> list[Tensor]:
        """The network's inputs."""
        return [self.tensors[i] for i in self.inputs]

    @property
    def targets(self) -> list[Tensor]:
        """The network's outputs."""
        return [self.tensors[i] for i in self.outputs]

    @property
    def input(self) -> Tensor:
        """The first input; most networks have no other."""
        return self.tensors[self.inputs[0]]

    @property
    def output(self) -> Tensor:
        """The first output; most networks have no other."""
        return self.tensors[self.outputs[0]]
