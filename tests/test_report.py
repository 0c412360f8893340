"""The report: report.json is the fixed contract, and the terminal shows the same facts."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from specimen import LAYERS, PLAN, REPORT

from mcuprune import report_text
from mcuprune.errors import UsageError
from mcuprune.report import Accuracy, Budget, ChainRow, Flash, PlanRow, Ram, Report, Second, Verify, load, save

KEYS = {
    "": "mcuprune schema model board budget method sparsity accuracy flash ram rewrites layers "
    "chains instructions estimated_cycles verify",
    "model": "name source sha256 parameters macs stateful",
    "board": "name cpu clock_hz flash_bytes ram_bytes",
    "budget": "flash_bytes ram_bytes",
    "accuracy": "metric float pruned int8 device samples",
    "flash": "total_bytes code_bytes weight_bytes index_bytes table_bytes dense_weight_bytes",
    "ram": "total_bytes arena_bytes static_bytes stack_bytes second",
    "verify": "bit_exact samples oracle emulator",
}
LAYER_KEYS = (
    "name op shape macs nonzero_macs sparsity encoding kernel weight_bytes index_bytes dense_weight_bytes "
    "instructions estimated_cycles scratch_bytes predicted_cycles overlap_bytes"
)
IN_CCM = replace(REPORT, ram=replace(REPORT.ram, second=Second("ccm", 2_432, 65_536, 4_100)))
IN_STRIPS = replace(REPORT, chains=(ChainRow(("conv2d", "conv2d_1"), 4, 6_144, 1_234),))


@pytest.mark.parametrize("part", KEYS)
def test_the_keys_are_the_contract_in_its_order(part):
    data = REPORT.to_json()
    assert list(data[part] if part else data) == KEYS[part].split()


def test_every_layer_has_the_keys_of_the_contract():
    for row in REPORT.to_json()["layers"]:
        assert list(row) == LAYER_KEYS.split()


def test_every_rewrite_has_the_keys_of_the_contract():
    for row in REPORT.to_json()["rewrites"]:
        assert list(row) == "name operators weights macs bytes".split()


def test_the_report_says_what_the_lossless_passes_removed():
    assert "dead_channels  1,208 weights, 65,536 MACs, 1,304 bytes" in report_text.text(REPORT)


def test_the_report_says_what_is_computed_in_strips():
    text = report_text.text(IN_STRIPS)
    assert "conv2d, conv2d_1: 4 lines at a time, 6,144 bytes less, 1,234 cycles more (predicted)" in text
    assert Report.from_json(IN_STRIPS.to_json()) == IN_STRIPS


def test_the_report_says_what_lies_in_a_second_region():
    text = report_text.text(IN_CCM, PLAN)
    assert "2,432 bytes of the arena lie in ccm, which has 65,536" in text
    assert "from 196608 bytes, stm32f405" in text
    assert Report.from_json(IN_CCM.to_json()) == IN_CCM


def test_to_json_holds_only_what_json_has():
    data = REPORT.to_json()
    assert data == json.loads(json.dumps(data))
    assert data["layers"][0]["shape"] == [8, 8, 32]
    assert data["budget"]["ram_bytes"] is None


def test_from_json_inverts_to_json():
    assert Report.from_json(REPORT.to_json()) == REPORT


def test_a_report_from_before_predictions_and_chains_still_loads():
    data = REPORT.to_json()
    for row in data["layers"]:
        del row["predicted_cycles"], row["overlap_bytes"]
    del data["chains"], data["ram"]["second"]
    assert Report.from_json(data) == REPORT


def test_load_inverts_save_and_leaves_nothing_else(tmp_path):
    save(REPORT, tmp_path / "report.json")
    assert load(tmp_path / "report.json") == REPORT
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        ("{}", "schema"),
        ("[]", "indices"),
        (json.dumps(REPORT.to_json() | {"schema": 99}), "schema 99"),
        (json.dumps(REPORT.to_json() | {"surprise": 1}), "surprise"),
        (json.dumps({k: v for k, v in REPORT.to_json().items() if k != "ram"}), "ram"),
    ],
)
def test_what_is_no_report_is_a_usage_error_that_names_the_file(tmp_path, text, reason):
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=reason) as error:
        load(path)
    assert "report.json" in str(error.value)


def test_a_missing_report_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match=r"report\.json"):
        load(tmp_path / "report.json")


def test_the_parts_of_flash_and_ram_add_up():
    with pytest.raises(ValueError, match="flash add up to 4 bytes, not to 5"):
        Flash(5, 1, 1, 1, 1, 1)
    with pytest.raises(ValueError, match="ram add up"):
        Ram(5, 1, 1, 1)
    assert Ram(2, 1, 1, None).stack_bytes is None


def test_the_limit_is_the_budget_or_else_the_board():
    assert REPORT.flash_limit == (65536, "the budget")
    assert REPORT.ram_limit == (131072, "stm32f405")


def test_the_unpruned_image_has_dense_weights_instead():
    flash = Flash(
        total_bytes=100, code_bytes=50, weight_bytes=20, index_bytes=10, table_bytes=20, dense_weight_bytes=90
    )
    assert flash.unpruned_bytes == 160


def test_scores_read_as_people_write_them():
    assert Accuracy("accuracy").format(0.98231) == "98.23 %"
    assert Accuracy("mse").format(0.0123456) == "0.01235"
    assert Accuracy("mse").format(None) == "-"
    assert Accuracy("mse").title == "MSE"
    assert Accuracy("accuracy").title == "Accuracy"


def test_the_report_is_read_without_numpy_or_rich():
    program = (
        "import sys, mcuprune.report, mcuprune.report_html\n"
        "sys.exit(sorted({'numpy', 'rich', 'tensorflow'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_terminal_report_is_the_golden_one(golden):
    golden("report.txt", report_text.text(REPORT, PLAN))


def test_a_bar_looks_as_platformio_prints_it():
    assert report_text.bar("Flash:", 33554, 65536, "the budget").plain == (
        "Flash: [=====     ]  51.2% (used 33554 bytes from 65536 bytes, the budget)"
    )


@given(st.integers(0, 1 << 32), st.integers(1, 1 << 32))
def test_a_bar_is_never_wider_than_its_box(used, limit):
    assert report_text.bar("RAM:", used, limit, "x").plain.index("]") == 18


def test_a_full_budget_is_not_hidden():
    text = report_text.text(replace(REPORT, budget=Budget(50 << 10, None)))
    assert "127.2% (used 65106 bytes from 51200 bytes, the budget)" in text


def test_what_was_not_measured_is_said():
    bare = replace(REPORT, accuracy=Accuracy(), verify=Verify(None, 0, None, None), instructions=None)
    text = report_text.text(bare)
    assert "Accuracy: not measured" in text
    assert "Not verified" in text
    assert "Memory plan" not in text


def test_a_mismatch_is_said():
    assert "NOT bit-exact in 64 samples" in report_text.text(replace(REPORT, verify=Verify(False, 64, "A", "B")))


def test_names_are_not_taken_for_terminal_markup():
    layers = (replace(LAYERS[0], name="[red]:smile:[/]"),)
    assert "[red]:smile:[/]" in report_text.text(replace(REPORT, layers=layers))


buffers = st.builds(
    PlanRow,
    st.text("abc", min_size=1),
    st.integers(0, 5000),
    st.integers(1, 5000),
    st.integers(0, 3),
    st.integers(0, 3),
)


@given(st.lists(buffers), st.integers(40, 200))
def test_every_buffer_is_drawn_and_no_line_is_too_long(rows, width):
    lines = report_text.draw_plan(rows, ["l0", "l1", "l2", "l3"], 10000, width)
    assert len(lines) == 4
    for index, line in enumerate(lines):
        assert len(line) <= width
        alive = any(row.first <= index <= row.last for row in rows)
        assert (len(line) > len("l0")) == alive


def test_a_wall_is_drawn_between_the_buffers_on_its_sides():
    rows = [PlanRow("a", 0, 5_000, 0, 1), PlanRow("tiny", 5_990, 4, 0, 0), PlanRow("b", 6_000, 4_000, 0, 0)]
    first, second = report_text.draw_plan(rows, ["l0", "l1"], 10_000, 44, 6_000)
    assert first == "l0 [a                 ]   |‖[b             ]"
    assert second == "l1 [a                 ]    ‖"
