"""Run lowered layers on the host: the kernels of firmware/ under AddressSanitizer and UBSan.

Every layer becomes a C function around its calls; one program runs all of them over all their samples, reading inputs
from stdin and writing outputs to stdout.  Where an output may lie over an input, that way is run too and must agree.
"""

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import objects

from mcuprune import declare, emit
from mcuprune.graph import Graph
from mcuprune.layer import Array, Call, Field, Function, Layer, Scratch, State
from mcuprune.operand import sample_shape
from mcuprune.plan import plan

FIRMWARE = Path(__file__).parents[1] / "firmware"
INCLUDE = f"-I{FIRMWARE / 'include'}"
SANITIZE = ["-std=c11", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
STRICT = ["-O1", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror"]

Case = tuple[Graph, Layer, Sequence[np.ndarray]]


def run(graph: Graph, layer: Layer, *inputs: np.ndarray) -> np.ndarray:
    """inputs: int8 [n, ...], one per tensor that is not a constant, in order -> the output, int8 [n, *sample_shape]."""
    return run_all([(graph, layer, inputs)])[0]


def run_all(cases: Sequence[Case]) -> list[np.ndarray]:
    """As run, for many layers in one program; compiling is what takes the time."""
    with TemporaryDirectory() as folder:
        source, program = Path(folder, "cases.c"), Path(folder, "cases")
        source.write_text("\n".join(_program(cases)))
        calls = [call for _, layer, _ in cases for call in layer.calls]
        resets = {state.reset for call in calls for _, state in declare.states(call.fields)}
        functions = sorted({f for call in calls for f in call.functions} | resets)
        built = [_object(function.removeprefix("mcup_")) for function in functions]
        _gcc("-O0", INCLUDE, str(source), *map(str, built), "-o", str(program))
        given = b"".join(_samples(*case) for case in cases)
        result = subprocess.run([program], input=given, capture_output=True)
        assert result.returncode == 0, result.stderr.decode(errors="replace")[-4000:]
    outputs, rest = [], np.frombuffer(result.stdout, np.int8)
    for graph, layer, inputs in cases:
        target = graph.tensors[layer.op.outputs[0]]
        count = len(inputs[0]) * target.size
        outputs.append(rest[:count].view(target.dtype).reshape(len(inputs[0]), *sample_shape(target)))
        rest = rest[count:]
    assert rest.size == 0
    return outputs


def run_network(graph: Graph, layers: Sequence[Layer], inputs: np.ndarray) -> np.ndarray:
    """The C that is printed of a network with one input and one output.  inputs: int8 [n, ...] -> int8 [n, ...]"""
    name = declare.c_name(graph.name)
    with TemporaryDirectory() as folder:
        for file, text in emit.files(graph, layers, plan(graph, layers)).items():
            Path(folder, file).write_text(text)
        main = Path(folder, "main.c")
        main.write_text(
            f'#include <stdio.h>\n#include "{name}.h"\nint main(void)\n{{\n'
            f"    static int8_t in[{graph.input.size}], out[{graph.output.size}];\n"
            f"    while (fread(in, sizeof in, 1, stdin) == 1) {{\n        {name}_invoke(in, out);\n"
            "        fwrite(out, sizeof out, 1, stdout);\n    }\n    return 0;\n}\n"
        )
        functions = sorted({call.function for layer in layers for call in layer.calls})
        built = [str(_object(function.removeprefix("mcup_"))) for function in functions]
        program = Path(folder, "network")
        _gcc(*STRICT, INCLUDE, str(main), str(Path(folder, f"{name}.c")), *built, "-o", str(program))
        result = subprocess.run([program], input=inputs.astype(np.int8).tobytes(), capture_output=True)
        assert result.returncode == 0, result.stderr.decode(errors="replace")[-4000:]
    return np.frombuffer(result.stdout, np.int8).reshape(len(inputs), *graph.output.shape[1:])


def _object(stem: str) -> Path:
    source = FIRMWARE / "kernels" / "portable" / f"{stem}.c"
    return objects.compiled(source, "gcc", *SANITIZE, *STRICT, INCLUDE)


def _gcc(*arguments: str) -> None:
    result = subprocess.run(["gcc", *SANITIZE, *arguments], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-4000:]


def _samples(graph: Graph, layer: Layer, inputs: Sequence[np.ndarray]) -> bytes:
    """Sample by sample, each with all its inputs."""
    tensors = [graph.tensors[i] for i in dict.fromkeys(layer.op.inputs) if i >= 0 and not graph.tensors[i].constant]
    assert len({len(array) for array in inputs}) == 1, "every input needs the same number of samples"
    rows = [array.reshape(len(array), -1).astype(tensor.dtype).view(np.int8)
            for tensor, array in zip(tensors, inputs, strict=True)]  # fmt: skip
    return np.concatenate(rows, axis=1).tobytes()


def _program(cases: Sequence[Case]) -> Iterator[str]:
    yield '#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include "mcuprune.h"'
    for number, (graph, layer, inputs) in enumerate(cases):
        yield from _case(f"c{number}", graph, layer, len(inputs[0]))
    yield "int main(void)\n{"
    yield from (f"    c{number}();" for number in range(len(cases)))
    yield "    return 0;\n}"


def _case(name: str, graph: Graph, layer: Layer, samples: int) -> Iterator[str]:
    operands = {i: graph.tensors[i] for i in layer.op.inputs if i >= 0}  # each once, whatever positions it stands at
    size = graph.results(layer.op)[0].size
    for i, tensor in operands.items():
        if not tensor.constant:
            yield f"static _Alignas(4) int8_t {name}_in{i}[{tensor.size}];"
        elif tensor.dtype in ("int8", "int16"):
            yield f"static const {tensor.dtype}_t {name}_in{i}[{tensor.count}] = {{ {_numbers(tensor.data)} }};"
    for number, call in enumerate(layer.calls):
        yield from _struct(f"{name}_{number}", call)
    yield f"static _Alignas(4) int8_t {name}_out[{size}];"
    yield f"static void {name}(void)\n{{"
    for number, call in enumerate(layer.calls):
        yield from (f"    {state.reset}(&{name}_{number}{path});" for path, state in declare.states(call.fields))
    yield f"    for (int sample = 0; sample < {samples}; sample++) {{"
    for i, tensor in operands.items():
        if not tensor.constant:
            yield f"        if (fread({name}_in{i}, {tensor.size}, 1, stdin) != 1) abort();"
    yield f"        memset({name}_out, 0x55, {size});"
    yield from _calls(name, layer, {}, f"{name}_out")
    if layer.alias:
        yield f"        memcpy({name}_out, {name}_in{layer.op.inputs[0]}, {size});"
    yield f"        fwrite({name}_out, {size}, 1, stdout);"
    over = [(layer.op.inputs[0], layer.overlap.distance)] if layer.overlap else []
    for i, below in dict.fromkeys([*((layer.op.inputs[position], 0) for position in layer.in_place), *over]):
        if not operands[i].constant:
            shared = f"{name}_shared{i}_{below}"
            yield f"        static _Alignas(4) int8_t {shared}[{max(size, below + operands[i].size)}];"
            yield f"        memcpy({shared} + {below}, {name}_in{i}, sizeof {name}_in{i});"
            yield from _calls(name, layer, {i: f"({shared} + {below})"}, shared)
            yield f"        if (memcmp({shared}, {name}_out, {size})) {{"
            yield f'            fputs("{name} differs {below} bytes below tensor {i}", stderr);'
            yield "            abort();\n        }"
    yield "    }\n}"


def _calls(name: str, layer: Layer, moved: dict[int, str], output: str) -> Iterator[str]:
    for number, call in enumerate(layer.calls):
        operands = [layer.op.inputs[position] for position in call.inputs]
        pointers = "".join(f"(const void *){moved.get(i, f'{name}_in{i}')}, " for i in operands)
        yield f"        {call.function}(&{name}_{number}, {pointers}(void *){output});"


def _struct(name: str, call: Call) -> Iterator[str]:
    arrays: list[str] = []
    initializer = _field(name, call.fields, arrays)
    yield from arrays
    yield f"static const {call.struct} {name} = {initializer};"


def _field(name: str, field: Field, arrays: list[str]) -> str:
    """The C initializer of a field; what it points to is appended to arrays."""
    match field:
        case dict():
            return "{ " + ", ".join(f".{k} = {_field(f'{name}_{k}', v, arrays)}" for k, v in field.items()) + " }"
        case tuple():
            return f"{{ {_numbers(field)} }}"
        case Scratch(size=0):
            return "0"
        case Scratch():
            item = f"sizeof({field.ctype})"
            arrays.append(f"static _Alignas(4) {field.ctype} {name}[({field.size} + {item} - 1) / {item}];")
        case Function():
            return field.name
        case State():
            arrays.append(f"static {field.ctype} {name}[{field.items}];")
        case Array():
            rows = field.values
            if not rows.size:
                return "0"
            body = ", ".join(f"{{ {_numbers(r)} }}" for r in rows) if rows.ndim == 2 else _numbers(rows)
            arrays.append(f"static const {field.ctype} {name}[] = {{ {body} }};")
        case _:
            return str(int(field))
    return name


def _numbers(values: np.ndarray | Sequence[int]) -> str:
    return ", ".join(map(str, np.asarray(values).ravel().tolist())).replace("-2147483648", "(-2147483647 - 1)")
