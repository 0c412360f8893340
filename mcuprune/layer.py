"""An operator made ready for C: the values between `ops.<kind>.lower`, the planner and the emitter.

A Layer is one operator of the graph after the choice of its encoding.  It says which kernel calls it becomes, what
constants they read, how much scratch they need, and which input's memory its output may take over.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import numpy as np

from mcuprune.graph import Op


@dataclass(frozen=True, eq=False)
class Encoded:
    """The weights of one layer in one format.  stream: uint8, rows one after the other, as the kernel reads them."""

    encoding: str
    shape: tuple[int, int]  # rows (outputs), inputs of the weight matrix
    stream: np.ndarray
    row_bytes: np.ndarray  # int64 [rows]: bytes of the stream that belong to each row
    weight_bytes: int  # of the stream: values
    index_bytes: int  # of the stream: everything else; weight_bytes + index_bytes == stream.size
    pair_bytes: int = 0  # of two entries, the unit of a sparse kernel's loop; 0 when dense


@dataclass(frozen=True, eq=False)
class Array:
    """A constant array in flash.  A 2-D array is printed as an array of structs, a row each."""

    ctype: str  # 'int8_t', 'mcup_row_t' ...
    values: np.ndarray
    size: int  # bytes in flash


@dataclass(frozen=True)
class Scratch:
    """A pointer to `size` bytes of the arena that the layer may use while it runs."""

    size: int
    ctype: str = "int8_t"


@dataclass(frozen=True)
class State:
    """A pointer to memory that keeps its values between inferences."""

    items: int
    ctype: str
    reset: str  # the function that makes it what it begins with, given the struct that the pointer is in


@dataclass(frozen=True)
class Function:
    """A kernel that the one that is called calls."""

    name: str  # 'mcup_lstm_cells_s8'
    size: int = 0  # bytes of constants that it brings with it


# What a field of a layer's struct may hold: a number, a constant array, memory, a function, a C array, a nested struct.
Field = int | Array | Scratch | State | Function | tuple[int, ...] | dict[str, "Field"]


def leaves(fields: Mapping[str, Field]) -> Iterator[tuple[str, Field]]:
    """Every field that is not a nested struct, in the order of the C initialiser."""
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from leaves(value)
        else:
            yield name, value


@dataclass(frozen=True)
class Call:
    """One call of a kernel: `function(&struct, inputs..., output)`."""

    function: str  # 'mcup_conv_2d_d8_s8'; its file is kernels/<isa>/conv_2d_d8_s8.c
    struct: str  # 'mcup_conv_2d_t'
    fields: dict[str, Field]
    inputs: tuple[int, ...] = (0,)  # positions in op.inputs, passed as pointers; () for a kernel that only writes
    work: Mapping[str, float] = field(default_factory=dict)  # how often each of the kernel's loops runs: mcuprune.cost

    @property
    def functions(self) -> tuple[str, ...]:
        """The kernel that is called, and those that it calls."""
        return self.function, *(f.name for _, f in leaves(self.fields) if isinstance(f, Function))


@dataclass(frozen=True)
class Overlap:
    """The output may begin `distance` bytes below the input, or further down: in steps of so many bytes."""

    distance: int
    step: int = 1


@dataclass(frozen=True)
class Strip:
    """The next call of one of a chain's layers: which lines it reads and writes.

    A place is (tensor, bytes from where the tensor, or as much of it as there is, begins in memory).
    """

    layer: int  # number of the layer in its chain
    sources: tuple[tuple[int, int], ...]  # of the call's inputs
    target: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Chain:
    """Layers that are computed together, a strip of lines after the other: what lies between them is never there as a
    whole.  Each of them has it as `Layer.chain`."""

    lines: int  # of the last layer's output that a strip has
    strips: tuple[Strip, ...]  # in the order in which they run
    rooms: Mapping[int, int]  # tensor that is there in strips only -> bytes
    overlaps: Mapping[int, tuple[int, bool]]  # input -> how far below it the output may begin, and whether only there


@dataclass(frozen=True)
class Layer:
    """One operator, lowered."""

    op: Op
    calls: tuple[Call, ...]  # empty: the output is the input's memory under another shape
    macs: int = 0
    nonzero_macs: int = 0
    encoded: Encoded | None = None
    in_place: tuple[int, ...] = ()  # positions in op.inputs where the output may begin, too, when nobody reads it later
    overlap: "Overlap | None" = None  # how the output may lie over input 0 when nobody reads it later
    summary: str = field(default="")  # what the generated C says of it: '3x3 16 -> 32, stride 2, SAME'
    chain: Chain | None = None  # that it is a part of; then its calls are those of one strip after the other
    times: int = 1  # that it runs in an inference: steps of the loop it is in; macs are those of all

    def repeated(self, times: int) -> "Layer":
        """The same in a loop of so many steps."""
        return replace(self, times=times, macs=times * self.macs, nonzero_macs=times * self.nonzero_macs)

    @property
    def alias(self) -> bool:
        return not self.calls

    @property
    def whole(self) -> bool:
        """Whether its output is ever in memory as a whole."""
        return self.chain is None or self.op.outputs[0] not in self.chain.rooms


def spans(layers: Sequence[Layer]) -> list[tuple[int, int]]:
    """The first and the last layer of each one's chain: of most it is the layer itself."""
    found: list[tuple[int, int]] = []
    for _, group in groupby(range(len(layers)), lambda i: id(layers[i].chain) if layers[i].chain else -1 - i):
        numbers = list(group)
        found += [(numbers[0], numbers[-1])] * len(numbers)
    return found
