"""The constants of a layer as C: its arrays, its structs, and what they are called.

A layer's struct is called like the layer, its arrays like the struct and the field that points to them.
"""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from mcuprune.graph import Graph
from mcuprune.layer import Array, Call, Field, Function, Layer, Scratch, State

WIDTH = 100  # columns of generated C
RESERVED = frozenset(
    "auto break case char const continue default do double else enum extern float for goto if inline int long main "
    "register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while "
    "arena input output step memcpy memset".split()
)
HEADERS = {"stddef", "stdint", "stdio", "string", "mcuprune"}  # <model>.h hides none of these, nor mcup_*.h
# How the names end that are made of a layer's: of its output, its structs, what they hold and what that holds.
FIELDS = "bias column exponential index reciprocal row state stream table time input matrix pairs recurrent window"
DERIVED = rf"\w+_(out|operand_\d+|part\d+|invoke|reset|{FIELDS.replace(' ', '|')})"
Memory = dict[int, tuple[str, Array | State]]  # what a struct points to, by id: its name in C, and itself
ROW_HEAD = {
    "mcup_row_t": "bias, multiplier, shift, entry, bytes",
    "mcup_row_s16_t": "bias, multiplier, shift, bytes",
    "mcup_quad_row_t": "start, multiplier, shift, channel",
    "mcup_split_row_t": "low, high, multiplier, shift, entry, bytes",
}


def c_name(text: str) -> str:
    """A C identifier that reads like text: 'my-model 2' -> 'my_model_2'."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_").lower() or "model"
    return f"m_{name}" if name[0].isdigit() or name in HEADERS or name.startswith("mcup_") else name


def constant_names(graph: Graph, layers: Sequence[Layer]) -> list[str]:
    """The names of every constant object in `<model>.c`, as the symbol table spells them."""
    return [
        line.split("[")[0].split(" = ")[0].split()[-1]
        for layer in layers
        for line in layer_constants(graph, layer, "")
        if line.startswith("static const ")
    ]


def states(fields: dict[str, Field], path: str = "") -> Iterator[tuple[str, State]]:
    """What a struct keeps between inferences, each with the path to the struct that it is in: '.cells'."""
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from states(value, f"{path}.{name}")
        elif isinstance(value, State):
            yield path, value


def stateful(layers: Sequence[Layer]) -> bool:
    """Whether an inference depends on those before it."""
    return any(True for layer in layers for call in layer.calls for _ in states(call.fields))


def layer_constants(graph: Graph, layer: Layer, scratch: str) -> Iterator[str]:
    """The arrays and structs of one layer.  scratch: where its scratch lies, 'arena + 64'; '' where it has none"""
    name = identifier(layer)
    yield f"/* {layer.op.name}: {_title(layer)} */"
    for position in sorted({p for call in layer.calls for p in call.inputs}):
        tensor = graph.tensors[layer.op.inputs[position]]
        if tensor.data is not None:
            operand = Array(f"{tensor.dtype}_t", tensor.data.reshape(-1), tensor.size)
            yield from _array(f"{name}_operand_{position}", operand)
    printed: set[int] = set()  # strips share their arrays
    for label, call in {label: call for call, label in labelled(layer)}.items():
        memory = _memory(name if layer.chain else label, call.fields)
        for array, value in (memory[i] for i in memory if i not in printed):
            if isinstance(value, State):
                yield f"static {value.ctype} {array}[{value.items}]; /* kept from one inference to the next */"
            else:
                yield from _array(array, value)
        printed |= memory.keys()
        yield f"static const {call.struct} {label} = {{"
        yield from _fields(memory, call.fields, scratch, "    ")
        yield "};"


def identifier(layer: Layer) -> str:
    """The C name of a layer's struct, with a '_' where it could be a keyword, a type, a name of the runtime, or one
    that is made of another layer's: 'conv_out'.
    """
    name = c_name(layer.op.name)
    taken = name in RESERVED or re.fullmatch(rf"mcup.*|arena_.*|.*_t|(in|out)put_\d+|{DERIVED}", name)
    return f"{name}_" if taken else name


def _title(layer: Layer) -> str:
    weights = layer.encoded
    parts = [f"{layer.op.kind} {layer.summary}".strip()]
    if weights:
        parts.append(
            f"{weights.encoding}, {weights.stream.size:,} B for {weights.shape[0] * weights.shape[1]:,} weights"
        )
    return "; ".join(parts)


def labelled(layer: Layer) -> list[tuple[Call, str]]:
    """The layer's calls, each with the C name of its struct.  Strips that are alike are one call, several times."""
    name = identifier(layer)
    numbers = {key: i for i, key in enumerate(dict.fromkeys(map(id, layer.calls)))}
    return [(call, f"{name}_part{numbers[id(call)]}" if len(numbers) > 1 else name) for call in layer.calls]


def _memory(label: str, fields: dict[str, Field]) -> Memory:
    """The arrays of a struct by their id, with their C names: of the field, and of the struct around it where two
    fields have the same name.
    """

    def walk(fields: dict[str, Field], outer: str) -> Iterator[tuple[str, str, Array | State]]:
        for name, value in fields.items():
            if isinstance(value, dict):
                yield from walk(value, f"{name}_")
            elif isinstance(value, Array | State):
                yield outer, name, value

    found = list(walk(fields, ""))
    names = [name for _, name, _ in found]
    return {id(v): (f"{label}_{outer if names.count(name) > 1 else ''}{name}", v) for outer, name, v in found}


def _fields(memory: Memory, fields: dict[str, Field], scratch: str, indent: str) -> Iterator[str]:
    line = indent
    for name, value in fields.items():
        if isinstance(value, dict):
            if line.strip():
                yield line.rstrip()
                line = indent
            yield f"{indent}.{name} = {{"
            yield from _fields(memory, value, scratch, indent + "    ")
            yield f"{indent}}},"
            continue
        item = f".{name} = {_value(memory, value, scratch)}, "
        if len(line) + len(item) > WIDTH:
            yield line.rstrip()
            line = indent
        line += item
    if line.strip():
        yield line.rstrip()


def _value(memory: Memory, value: Field, scratch: str) -> str:
    if isinstance(value, Array):
        return memory[id(value)][0] if value.values.size else "0"
    if isinstance(value, State):
        return memory[id(value)][0]
    if isinstance(value, Function):
        return value.name
    if isinstance(value, Scratch):
        if not value.size:
            return "0"
        return scratch if value.ctype == "int8_t" else f"({value.ctype} *)(void *)({scratch})"
    if isinstance(value, tuple):
        return f"{{ {', '.join(map(str, value))} }}"
    assert isinstance(value, int | np.integer)  # nested structs are printed by _fields
    return _integer(int(value))


def _array(name: str, array: Array) -> Iterator[str]:
    """A constant array.  ISO C has no arrays of length zero: an empty one is not printed, its pointer is null."""
    values = array.values
    if not values.size:
        return
    yield f"static const {array.ctype} {name}[{len(values)}] = {{"
    if array.ctype in ROW_HEAD:
        yield f"    /* {ROW_HEAD[array.ctype]} */"
    if values.ndim == 2:
        columns = [[_integer(int(v)) for v in column] for column in values.T]
        widths = [max(map(len, column)) for column in columns]
        for row in zip(*columns, strict=True):
            yield f"    {{ {', '.join(v.rjust(w) for v, w in zip(row, widths, strict=True))} }},"
    else:
        texts = [_integer(v) for v in values.tolist()]
        width = max(map(len, texts))
        per_line = (WIDTH - 4) // (width + 2)
        for start in range(0, len(texts), per_line):
            yield f"    {', '.join(t.rjust(width) for t in texts[start : start + per_line])},"
    yield "};"


def _integer(value: int) -> str:
    """-2^31 has no literal in C: it would be a minus applied to a number that does not fit."""
    return "INT32_MIN" if value == -(2**31) else str(value)
