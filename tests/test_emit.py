"""The C that is printed: it holds what the layers hold, passes every warning, and is the same every time."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import models
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from judge import lowered
from writer import quantized, single, write

from mcuprune import declare, emit
from mcuprune.board import find_folder
from mcuprune.buildfiles import WARNINGS
from mcuprune.graph import Graph
from mcuprune.layer import Array, Call, Layer, leaves
from mcuprune.plan import plan

INCLUDE = find_folder("firmware") / "include"
COMPILERS = [["cc"], ["arm-none-eabi-gcc", "-mcpu=cortex-m0", "-mthumb", "-ffreestanding"]]
DTYPES = {"int8_t": np.int8, "uint8_t": np.uint8, "int16_t": np.int16, "int32_t": np.int32}
DEFINITION = re.compile(r"static const (\w+) (\w+)\[(\d+)\] = \{\n(.*?)\n\};", re.DOTALL)
HERE = quantized("x", (1, 4), 0.1, 5)


def printed(source: str) -> list[tuple[str, np.ndarray]]:
    """(type, flat values) of every array of a C file, in order."""
    found = []
    for ctype, _, count, body in DEFINITION.findall(source):
        body = re.sub(r"/\*.*?\*/", "", body).replace("INT32_MIN", str(-(2**31)))
        values = np.array([int(n) for n in re.findall(r"-?\d+", body)])
        assert len(values) % int(count) == 0
        found.append((ctype, values))
    return found


def source(graph: Graph, layers: list[Layer]) -> str:
    """<model>.c"""
    return emit.files(graph, layers, plan(graph, layers))[f"{declare.c_name(graph.name)}.c"]


def compile_all(programs: list[tuple[Graph, list[Layer]]], folder: Path) -> None:
    """Every program by every compiler, warnings being errors."""
    for number, (graph, layers) in enumerate(programs):
        graph = replace(graph, name=f"net{number}")
        for name, text in emit.files(graph, layers, plan(graph, layers)).items():
            (folder / name).write_text(text)
    files = [f"net{number}.c" for number in range(len(programs))]
    for compiler in COMPILERS:
        command = [*compiler, "-std=c11", "-O2", *WARNINGS.split(), f"-I{INCLUDE}", "-I.", "-c", *files]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@st.composite
def constants(draw) -> Array:
    """Any array of integers, empty ones and rows of structs too."""
    ctype = draw(st.sampled_from([*DTYPES, "mcup_row_t"]))
    if ctype == "mcup_row_t":
        rows = draw(arrays_of.arrays(np.int32, st.tuples(st.integers(0, 5), st.just(5))))
        return Array(ctype, rows, rows.nbytes)
    values = draw(arrays_of.arrays(DTYPES[ctype], st.integers(0, 300)))
    return Array(ctype, values, values.nbytes)


@given(st.lists(constants(), max_size=3))
def test_printed_arrays_read_back(wanted):
    graph = single("relu", [HERE], replace(HERE, name="y"))
    fields = {f"field_{i}": array for i, array in enumerate(wanted)}
    text = source(graph, [Layer(graph.ops[0], (Call("mcup_lookup_s8", "mcup_lookup_t", fields),))])
    expected = [array for array in wanted if array.values.size]
    for (ctype, values), array in zip(printed(text), expected, strict=True):
        assert ctype == array.ctype
        assert np.array_equal(values, array.values.reshape(-1))
    assert max(map(len, text.splitlines())) <= declare.WIDTH


@pytest.mark.parametrize("name", models.NETWORKS)
def test_every_constant_of_a_network_reads_back(tmp_path, name):
    graph, layers, _ = models.planned(models.save(name, tmp_path))
    fields = [field for layer in layers for call in layer.calls for _, field in leaves(call.fields)]
    held = [field.values.reshape(-1) for field in fields if isinstance(field, Array) and field.values.size]
    for (_, values), expected in zip(printed(source(graph, layers)), held, strict=True):
        assert np.array_equal(values, expected)


weights = arrays_of.arrays(
    np.int8, st.tuples(st.integers(1, 5), st.integers(1, 40)), elements=st.sampled_from([0, 0, 0, 1, -1, 127, -127])
)


@settings(max_examples=12)
@given(weights)
@example(np.zeros((3, 8), np.int8))  # nothing to store, and ISO C has no arrays of length zero
def test_any_weights_make_c_without_warnings(tmp_path_factory, weights):
    rows, inputs = weights.shape
    dense = single(
        "fully_connected",
        [quantized("x", (1, inputs), 0.1, 5), quantized("w", weights.shape, 0.02, data=weights), None],
        quantized("y", (1, rows), 0.3, -9),
        fused_activation_function="NONE", weights_format="DEFAULT", keep_num_dims=False,
    )  # fmt: skip
    compile_all([(dense, [layer]) for layer in lowered(dense)], tmp_path_factory.mktemp("c"))


TRICKY = ["int", "arena", "input", "output", "main", "mcup_copy_s8", "int8_t", "size_t", "memcpy", "i", "2nd", "größe"]
TRICKY += ["sum", "Sum", "sum_0", "sum_1"]


@settings(max_examples=12)
@given(st.lists(st.sampled_from(TRICKY), min_size=4, max_size=4))
def test_layers_of_any_name_make_c_that_compiles(tmp_path_factory, names):
    net = models.Net("net", 4)
    x = net.input
    for _ in range(2):
        x = net.add(x, x)
        x = net.concat([x, x], 1)  # two calls
    graph = net.graph(x)
    name_of = {op.outputs[0]: f"net/{name}/out" for op, name in zip(graph.ops, names, strict=True)}
    tensors = tuple(replace(t, name=name_of.get(i, t.name)) for i, t in enumerate(graph.tensors))
    folder = tmp_path_factory.mktemp("c")
    write(replace(graph, tensors=tensors), folder / "net.tflite")
    graph, layers, _ = models.planned(folder / "net.tflite")
    compile_all([(graph, layers)], folder)


@given(st.floats(2.0**-40, 2.0**20, width=32))
def test_a_printed_scale_is_the_same_float(scale):
    graph = single("relu", [quantized("x", (1, 4), scale, 5)], quantized("y", (1, 4), 1.0, -128))
    header = emit.files(graph, [], plan(graph, []))["relu.h"]
    literal = re.search(r"RELU_INPUT_SCALE +(\S+)f\n", header)[1]
    assert "." in literal
    assert np.float32(literal) == np.float32(scale)


def test_the_header_says_the_sizes_of_both_ends_and_of_the_arena(tmp_path):
    graph, layers, arena = models.planned(models.save("residual", tmp_path))
    header = emit.files(graph, layers, arena)["residual.h"]
    for name, size in (("INPUT_SIZE", 360), ("OUTPUT_SIZE", 10), ("ARENA_SIZE", arena.size)):
        assert re.search(rf"#define RESIDUAL_{name} +{size}\b", header)


@pytest.mark.skipif(not shutil.which("c++"), reason="there is no C++ compiler")
def test_cpp_programs_can_include_the_header(tmp_path):
    graph, layers, arena = models.planned(models.save("tiny", tmp_path))
    (tmp_path / "tiny.h").write_text(emit.files(graph, layers, arena)["tiny.h"])
    user = '#include "tiny.h"\nvoid use(const int8_t *x, int8_t *y) { tiny_invoke(x, y); }\n'
    (tmp_path / "user.cc").write_text(user)
    subprocess.run(["c++", "-Wall", "-Wextra", "-pedantic", "-Werror", "-c", "user.cc"], cwd=tmp_path, check=True)
    symbols = subprocess.run(["nm", "user.o"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "U tiny_invoke\n" in symbols, "C linkage"


def test_another_runtime_is_refused_by_the_compiler(tmp_path):
    graph, layers, arena = models.planned(models.save("tiny", tmp_path))
    for name, text in emit.files(graph, layers, arena).items():
        (tmp_path / name).write_text(text)
    runtime = (INCLUDE / "mcuprune.h").read_text()
    assert "#define MCUP_ABI " in runtime
    (tmp_path / "mcuprune.h").write_text(runtime.replace("#define MCUP_ABI ", "#define MCUP_ABI 1000 + "))
    done = subprocess.run(["cc", "-c", "tiny.c"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "tiny.c was generated for another version of the mcuprune runtime" in done.stderr


@pytest.mark.parametrize(
    ("text", "name"), [("my-model 2", "my_model_2"), ("2nd", "m_2nd"), ("größe", "gr_e"), ("..", "model"), ("K", "k")]
)
def test_any_text_becomes_a_c_name(text, name):
    assert declare.c_name(text) == name
