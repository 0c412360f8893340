"""The command line: what is printed where; and every mistake is one sentence, an exit code, and nothing left behind."""

import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import models
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from writer import quantized, single, write

from mcuprune import board as boards
from mcuprune import cli, emit, ops, pipeline, samples
from mcuprune.errors import McupruneError
from mcuprune.graph import Tensor

BUILD_TOOLS = ["make", "sh", "mkdir", "rm", "arm-none-eabi-gcc", "arm-none-eabi-objcopy", "arm-none-eabi-objdump"]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


def run(*arguments: object) -> Done:
    """`mcuprune arguments...` in this process; an error of ours that is not a sentence is raised."""
    out, err = io.StringIO(), io.StringIO()
    command = ["mcuprune", *map(str, arguments)]
    with mock.patch.object(sys, "argv", command), redirect_stdout(out), redirect_stderr(err):
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
    return Done(code, out.getvalue(), err.getvalue())


def refused(code: int, *arguments: object) -> str:
    """The one sentence with which the command ends; it prints nothing else and leaves the current folder as it was."""
    before = sorted(Path.cwd().rglob("*"))
    done = run(*arguments)
    assert (done.code, done.out) == (code, ""), done
    assert sorted(Path.cwd().rglob("*")) == before
    *progress, last = done.err.splitlines()
    assert last.startswith("error: ")
    assert not any("error" in line or "Traceback" in line for line in progress)
    return last.removeprefix("error: ")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch) -> Path:
    """A current folder with a network in it."""
    monkeypatch.chdir(tmp_path)
    models.save("tiny", tmp_path)
    return tmp_path


def compile_tiny(*options: object) -> tuple[object, ...]:
    return "compile", "tiny.tflite", "--board", "stm32", *options


# --- what is printed where ---------------------------------------------------------------------------------------


@pytest.mark.emulator
def test_a_build_ends_with_a_report_on_stdout_and_tells_of_progress_on_stderr(here):
    done = run(*compile_tiny("--samples", 2))
    assert done.code == 0
    assert "Bit-exact: 2 samples" in done.out
    assert done.out.endswith("firmware and reports are in build/tiny-stm32f405\n")
    assert done.err.startswith("stm32 is stm32f405 (STM32F405RG)\ncompiling tiny for stm32f405\nrunning 2 samples on ")
    made = {path.name for path in (here / "build/tiny-stm32f405").iterdir()}
    images = {f"{image}.{suffix}" for image in ("firmware", "production") for suffix in ("elf", "bin", "hex", "map")}
    assert made == {"model.tflite", "report.json", "report.html", "src", *images}
    assert (here / "build/tiny-stm32f405/model.tflite").read_bytes() == (here / "tiny.tflite").read_bytes()


def test_json_is_all_that_json_prints(here):
    done = run("-q", *compile_tiny("--no-verify", "--json", "-o", "out"))
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == json.loads((here / "out/report.json").read_text())


def test_without_qemu_firmware_is_built_and_not_verified(here, installed):
    installed(*BUILD_TOOLS)
    assert run(*compile_tiny("--no-verify", "-o", "out")).code == 0
    report = json.loads((here / "out/report.json").read_text())
    assert report["verify"] == {"bit_exact": None, "samples": 0, "oracle": None, "emulator": None}
    assert report["instructions"] is None


def test_what_else_is_in_the_output_folder_stays(here):
    (here / "out").mkdir()
    (here / "out/notes.txt").write_text("mine")
    assert run(*compile_tiny("--no-verify", "-o", "out")).code == 0
    assert (here / "out/notes.txt").read_text() == "mine"
    assert (here / "out/firmware.elf").exists()


@pytest.mark.emulator
def test_two_compiles_of_one_file_are_the_same_to_the_byte(here):
    """In processes with other hash seeds, other folders, at other times."""
    for place, seed in (("one", "1"), ("far/an other", "2")):
        command = [sys.executable, "-m", "mcuprune", "-q", *compile_tiny("--samples", "2", "-o", here / place / "out")]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(cli.__file__).parents[1])}
        (here / place).mkdir(parents=True)
        subprocess.run(list(map(str, command)), cwd=here, env=environment, check=True, capture_output=True)
    one, other = ({path.relative_to(here / place): path.read_bytes() for path in (here / place).rglob("*.*")}
                  for place in ("one", "far/an other"))  # fmt: skip
    assert len(one) > 30
    assert [name for name in one if one[name] != other.get(name)] == []
    assert one.keys() == other.keys()


def test_boards_lists_every_board_and_describes_one():
    assert len(run("boards").out.splitlines()) == len(boards.names())
    assert "168 MHz" in run("boards", "stm32").out
    assert refused(2, "boards", "sm32").startswith("there is no board 'sm32'; did you mean stm32")


def test_ops_lists_every_operator():
    assert "DEPTHWISE_CONV_2D" in run("ops").out


def test_inspect_shows_the_layers_of_a_file():
    done = run("inspect", "tiny.tflite")
    assert done.code == 0
    assert [line.split()[1] for line in done.out.splitlines()[1:]] == ["CONV_2D", "RESHAPE", "FULLY_CONNECTED"]


def test_inspect_draws_the_memory_of_a_file_on_a_board():
    done = run("inspect", "--memory", "tiny.tflite", "--board", "rpi_pico")
    assert done.code == 0
    assert " bytes on rpi_pico; " in done.out


def test_inspect_says_what_memory_it_cannot_draw():
    assert "Quantize it, or build it, first." in refused(2, "inspect", "--memory", "tiny.keras")
    assert refused(2, "inspect", "none.tflite") == "none.tflite does not exist."
    assert "without it nothing depends on a board" in refused(2, "inspect", "tiny.tflite", "--board", "stm32")


def test_help_and_version_end_well():
    assert run("--help").out.startswith("Usage:")
    assert run("compile", "-h").code == 0
    assert run("--version").out.startswith("mcuprune")


def test_an_interrupt_says_that_nothing_was_written(here):
    def interrupted(*_):
        raise KeyboardInterrupt

    with mock.patch.object(pipeline, "compile_graph", interrupted):
        done = run(*compile_tiny())
    assert done.code == 130
    assert done.err.endswith("interrupted: nothing was written\n")
    assert [path.name for path in here.iterdir()] == ["tiny.tflite"]


# --- the table in pyproject.toml ---------------------------------------------------------------------------------


def test_build_takes_its_defaults_from_the_current_project(here):
    table = '[tool.mcuprune]\nmodel = "tiny.tflite"\nboard = "microbit"\nno-verify = true\n'
    (here / "pyproject.toml").write_text(table)
    assert run("build").out.endswith("firmware and reports are in build/tiny-microbit\n")
    assert run("build", "--board", "stm32f100").out.endswith("build/tiny-stm32f100\n")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[tool.mcuprune]\nbord = 'stm32'\n", "pyproject.toml: [tool.mcuprune] has no key 'bord'; it has "),
        ("[tool.mcuprune\n", "pyproject.toml cannot be read: "),
        ("[tool.mcuprune]\nbudget = '-3KB'\n", "--budget -3KB must be more than zero"),
    ],
)
def test_a_wrong_project_table_is_refused(here, text, sentence):
    (here / "pyproject.toml").write_text(text)
    assert refused(2, "build", "tiny.tflite", "--board", "stm32").startswith(sentence)


# --- wrong options -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--budget", "-5KB"], "--budget -5KB must be more than zero; write it like 256KB"),
        (["--budget", "0"], "--budget 0 must be more than zero"),
        (["--budget", "many"], "--budget 'many' is not a size; write it like 256KB"),
        (["--budget", "64TB"], "--budget '64TB' is not a size"),
        (["--ram", "99999GB"], "--ram 99999GB is more than the 4 GB that a microcontroller can address"),
        (["--ram", "0.3"], "--ram 0.3 is 0.3 bytes; give a size that is a whole number of bytes"),
        (["--board", "stm32f40"], "there is no board 'stm32f40'; did you mean stm32f405 or "),
        (["--board", "RPI_PICO"], "there is no board 'RPI_PICO'; did you mean rpi_pico or "),
        (["--rescale", "1/255"], "--rescale multiplies the samples of --data; without data there are none."),
        (["--data", "none.npz"], "none.npz: no such file; data is an .npz file or 'package.module:function'"),
        (["--data", "no.such:thing"], "no.such:thing: No module named 'no'"),
        (["--data", "json:loads"], "json:loads() does not return (x_train, y_train), (x_test, y_test)"),
        (["--data", "tiny.tflite"], "tiny.tflite "),
    ],
)
def test_a_wrong_option_is_refused(options, sentence):
    assert refused(2, *compile_tiny(*options)).startswith(sentence)


@pytest.mark.parametrize("command", ["build", "compile"])
def test_a_board_must_be_named(command):
    assert refused(2, command, "tiny.tflite") == "say which board with --board; `mcuprune boards` lists them."


def test_the_names_that_options_take_are_those_of_the_code():
    from mcuprune import choose, options
    from mcuprune.prune.allocation import ALLOCATIONS
    from mcuprune.prune.criteria import CRITERIA
    from mcuprune.prune.schedules import SCHEDULES

    assert options.GOALS == choose.GOALS
    assert (set(ALLOCATIONS), set(CRITERIA)) == (set(options.ALLOCATIONS), set(options.CRITERIA))
    assert set(SCHEDULES) == set(options.SCHEDULES)


def test_prune_explains_its_methods_without_tensorflow():
    from mcuprune.prune import methods

    code = "import sys; from mcuprune import arguments; print(arguments.methods()); print('tensorflow' in sys.modules)"
    text = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert text.endswith("False\n") and run("prune", "--list").out == text.removesuffix("False\n")
    assert [line for line in text.splitlines() if line and line[0] not in " F"] == methods.NAMES


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--sparsity", "0.5"], "say which MODEL to prune and where to write it"),
        (["m.keras", "--sparsity", "0.5", "-o", "m.h5"], "-o m.h5: the pruned model is written as .keras"),
        (["m.keras", "-o", "o.keras"], "say how much to prune, such as --sparsity 0.8"),
        (["m.keras", "--sparsity", "0.5", "-o", "tiny.tflite/o.keras"], "cannot write to tiny.tflite/o.keras: "),
        (["m.keras", "--method", "luck", "-o", "o.keras"], "there is no pruning method 'luck'; there are channels"),
        (["m.keras", "--pattern", "4:2", "-o", "o.keras"], "there is no pattern '4:2'"),
        (["m.keras", "--pattern", "2:4", "--sparsity", "0.8", "-o", "o.keras"], "contradict each other"),
        (["m.keras", "--sparsity", "0.8", "--rewind", "rate", "-o", "o.keras"], "method gradual has no option rewind"),
    ],
)
def test_prune_refuses_before_it_loads_anything(arguments, sentence):
    assert sentence in refused(2, "prune", *arguments)


@pytest.mark.parametrize(
    "arguments", [[], ["compile"], ["nonsense"], ["compile", "tiny.tflite", "--samples", "0"], ["run", "x"]]
)
def test_wrong_usage_is_told_with_the_usage(arguments):
    done = run(*arguments)
    assert done.code == 2
    assert "Usage: " in done.err
    assert "Traceback" not in done.err


@given(st.sampled_from(["--budget", "--ram", "--board", "--rescale", "--data"]), st.text(max_size=12))
def test_no_text_of_an_option_ends_in_a_traceback(option, text):
    done = run("compile", "none.tflite", "--board", "stm32", option, text)
    assert done.code == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["compile", "none.tflite"], "none.tflite does not exist."),
        (["compile", "."], ". is not a file."),
        (["compile", "model.keras"], "model.keras is a Keras model; use `mcuprune build`, or quantize it first."),
        (["build", "tiny.tflite", "--sparsity", "0.5"], "--sparsity prunes Keras models; tiny.tflite is quantized"),
        (["build", "tiny.tflite", "--epochs", "3"], "--epochs prunes Keras models; tiny.tflite is quantized already"),
    ],
)
def test_a_wrong_model_is_refused(arguments, sentence):
    assert refused(2, *arguments, "--board", "stm32").startswith(sentence)


@pytest.mark.parametrize("command", [["verify"], ["bench"], ["inspect"], ["flash"], ["run", "--input", "x.npy"]])
def test_a_folder_that_is_no_build_is_refused(here, command):
    (here / "folder").mkdir()
    assert refused(2, *command, "folder") == "folder is not the output of a build: it has no report.json"


# --- places that cannot be written to ----------------------------------------------------------------------------


def test_a_file_in_the_place_of_the_output_is_refused(here):
    (here / "out").write_text("mine")
    assert refused(2, *compile_tiny("-o", "out")) == "out is a file; choose another folder with -o."
    assert (here / "out").read_text() == "mine"


def test_a_read_only_place_is_refused(read_only):
    assert refused(2, *compile_tiny("-o", read_only / "out")).startswith(f"cannot write to {read_only}/out: ")


# --- models that cannot be compiled ------------------------------------------------------------------------------


def test_a_file_cut_short_anywhere_is_refused(here):
    content = (here / "tiny.tflite").read_bytes()
    for length in [*range(16), *range(16, len(content) - 32, 23)]:
        (here / "short.tflite").write_bytes(content[:length])
        assert "short.tflite" in refused(2, "inspect", "short.tflite")


FILES = {name: write(make()) for name, make in models.NETWORKS.items()}


places = st.floats(0, 1, exclude_max=True)


@settings(max_examples=300)
@given(st.sampled_from(list(FILES)), st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=3))
def test_a_damaged_file_never_ends_in_a_traceback(tmp_path_factory, name, changes):
    """It is refused, or it is another network that can be printed and computed."""
    content = bytearray(FILES[name])
    for place, value in changes:
        content[int(place * len(content))] = value
    path = tmp_path_factory.getbasetemp() / "damaged.tflite"
    path.write_bytes(content)
    try:
        graph, layers, arena = models.planned(path)
        emit.files(graph, layers, arena)
        if max(graph.input.count, arena.size) < 1_000_000:
            ops.run(graph, samples.random(graph, 1))
    except McupruneError as error:
        assert error.exit_code in (2, 5), error


def test_a_corrupt_file_is_refused_before_anything_is_made(here):
    (here / "cut.tflite").write_bytes(FILES["tiny"][:600])
    assert refused(2, "compile", "cut.tflite", "--board", "stm32").startswith("cut.tflite is corrupt or cut short (")
    (here / "text.tflite").write_text("this is no model")
    assert refused(2, "compile", "text.tflite", "--board", "stm32").startswith("text.tflite is not a .tflite file: ")


def test_a_float_model_is_told_how_to_become_int8(here):
    x, y = Tensor("x", (1, 4), "float32"), Tensor("net/dense/out", (1, 4), "float32")
    write(single("relu", [x], y), here / "float.tflite")
    sentence = refused(5, "compile", "float.tflite", "--board", "stm32")
    assert sentence.startswith("dense: RELU computes in float32; mcuprune compiles int8 networks. Quantize it first: ")


def test_an_unsupported_operator_is_named_with_its_layer_and_a_way_out(here):
    x, y = quantized("x", (1, 4), 0.1), quantized("net/difference/out", (1, 4), 0.1)
    write(single("div", [x, x], y), here / "div.tflite")
    sentence = refused(5, "compile", "div.tflite", "--board", "stm32")
    assert sentence.startswith("difference: DIV has no int8 kernel among TFLite's reference kernels, ")
    assert sentence.endswith("Multiply by the reciprocal where the divisor is a constant.")


# --- data that does not fit --------------------------------------------------------------------------------------

X, LABELS = np.zeros((6, 5, 5, 2), np.float32), np.arange(6) % 3


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"x_train": X}, "data.npz has no x_test; it needs x_train, y_train, x_test and y_test"),
        ({"x_train": X, "y_train": LABELS, "x_test": X}, "data.npz has no y_test"),
        ({"x_train": X, "y_train": LABELS[:4], "x_test": X, "y_test": LABELS},
         "data.npz: x_train has 6 samples, y_train has 4; they must be as many"),
        ({"x_train": X[:, 0], "y_train": LABELS, "x_test": X[:, 0], "y_test": LABELS},
         "the model takes samples of shape (5, 5, 2), x_train holds samples of shape (5, 2)"),
        ({"x_train": X, "y_train": X[:, 0, :4, 0], "x_test": X, "y_test": X[:, 0, :4, 0]},
         "the model answers with shape (3,), y_test holds targets of shape (4,)"),
        ({"x_train": X, "x_test": X}, "the model answers with shape (3,), x_test holds targets of shape (5, 5, 2)"),
        ({"x_train": X * np.nan, "x_test": X}, "data.npz: x_train holds NaN or infinity in sample 0"),
    ],
)  # fmt: skip
def test_data_that_does_not_fit_is_refused(here, arrays, sentence):
    np.savez(here / "data.npz", **arrays)
    assert refused(2, *compile_tiny("--data", "data.npz")).startswith(sentence)


def test_data_that_fits_is_scored_without_an_emulator(here):
    np.savez(here / "data.npz", x_train=X, y_train=LABELS, x_test=X, y_test=LABELS)
    assert run(*compile_tiny("--data", "data.npz", "--no-verify", "-o", "out")).code == 0
    scores = json.loads((here / "out/report.json").read_text())["accuracy"]
    assert scores == {"metric": "accuracy", "float": None, "pruned": None, "int8": 1 / 3, "device": None, "samples": 6}


# --- budgets that do not do --------------------------------------------------------------------------------------


def test_too_little_flash_names_the_parts_and_what_compiling_takes():
    sentence = refused(3, *compile_tiny("--budget", "2KB"))
    assert "bytes of flash, the budget has 2,048; all but weights and biases takes " in sentence
    assert "the largest parts are conv_2d_0 (72 B), fully_connected_2 (36 B)" in sentence
    assert "An int8 file is compiled as it is, which takes 3KB; `mcuprune build` prunes the Keras model" in sentence


def test_too_little_ram_names_the_largest_buffers():
    sentence = refused(3, *compile_tiny("--ram", "64"))
    assert "bytes of RAM, the budget has 64; the largest buffers are " in sentence


@pytest.mark.emulator
def test_ram_is_checked_again_when_the_stack_is_known(here):
    static = 1 << 16
    for _ in range(2):  # the smallest arena there is, and no stack
        assert run(*compile_tiny("--no-verify", "-o", "out", "--ram", static + 64)).code == 0
        static = json.loads((here / "out/report.json").read_text())["ram"]["total_bytes"]
    assert " bytes of RAM, the budget has " in refused(3, *compile_tiny("--ram", static + 64))


@pytest.mark.parametrize(("image", "memory"), [((64, 64, 8), "RAM"), ((4, 4, 8), "flash")])
def test_a_model_larger_than_the_board_is_told_by_its_own_size(here, image, memory):
    """What the linker could not place."""
    net = models.Net("large", *image)
    x = net.conv(net.input, 8) if memory == "RAM" else net.dense(net.reshape(net.input, 128), 1200)
    write(net.graph(net.pool("max", x, 64) if memory == "RAM" else x), here / "large.tflite")
    sentence = refused(3, "compile", "large.tflite", "--board", "stm32f100", "--budget", "100KB")
    needed, has = re.match(rf"large needs ([\d,]+) bytes of {memory}, \w[\w ]+ has ([\d,]+);", sentence).groups()
    assert int(needed.replace(",", "")) > int(has.replace(",", ""))


# --- tools that are missing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("programs", "missing"),
    [
        ([], "make is not installed; install it with: apt-get install make"),
        (["make", "sh", "mkdir", "rm"], "arm-none-eabi-gcc is not installed; install it with: apt-get install gcc-arm"),
        (BUILD_TOOLS, "qemu-system-arm is not installed, so firmware cannot be run; install it with: apt-get install "),
    ],
)
def test_a_missing_tool_is_named_with_the_way_to_get_it(installed, programs, missing):
    installed(*programs)
    assert refused(6, *compile_tiny()).startswith(missing)
