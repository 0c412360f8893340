"""report.html: one file that needs nothing else, well formed, with every fact in it and nothing unescaped."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from specimen import HISTORY, LAYERS, PLAN, REPORT

from mcuprune.markup import Html, join, tag
from mcuprune.report import Accuracy, Budget, PlanRow, Verify
from mcuprune.report_charts import busiest, memory_plan
from mcuprune.report_html import page

VOID = {"meta"}
NASTY = """<script>alert("x")</script>&'"""


class Reader(HTMLParser):
    """Reads a page and insists that elements nest; collects its tags, attributes and text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], [], ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, name, attributes):
        self.tags.append(name)
        self.attributes += attributes
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text += data


@pytest.fixture(scope="module")
def whole():
    return page(REPORT, PLAN, HISTORY)


def test_the_page_is_well_formed(whole):
    assert {"svg", "table", "style", "section"} <= set(Reader(whole).tags)


def test_the_page_loads_nothing_and_runs_nothing(whole):
    reader = Reader(whole)
    assert not {"script", "link", "img", "iframe", "object", "embed", "base"} & set(reader.tags)
    assert not {"src", "href", "srcset", "action"} & {name for name, _ in reader.attributes}
    assert not [name for name, _ in reader.attributes if name.startswith("on")]
    assert not re.search(r"https?:|url\(|@import", whole)


def test_the_page_says_what_the_report_says(whole):
    text = Reader(whole).text
    facts = [
        "digits on stm32f405",
        "63.6 KB",
        "99.3 % of 64 KB, the budget",
        "89.9 %",
        "98.61",
        "bit-exact",
        "327.5 KB",
    ]
    facts += ["1.81 M", "1,813,812", "2,230,989", "QEMU 7.2", "BUILTIN_REF", REPORT.model.sha256, "16,056 of 229,376"]
    facts += ["Validation accuracy", "epoch 16", "scratch of conv2d_1: 288 bytes at 6,144, while conv2d_1 runs"]
    assert [fact for fact in facts if fact not in text] == []
    for row in LAYERS:
        assert row.name in text


def test_light_dark_and_paper_are_provided_for(whole):
    assert "prefers-color-scheme: dark" in whole
    assert "@media print" in whole


def test_every_colour_that_is_used_is_defined(whole):
    defined = set(re.findall(r"(--[a-z-]+):", whole))
    assert set(re.findall(r"var\((--[a-z-]+)\)", whole)) <= defined


def test_nothing_is_said_of_what_was_not_done():
    bare = replace(REPORT, accuracy=Accuracy(), verify=Verify(None, 0, None, None), instructions=None)
    text = Reader(page(bare)).text
    assert "not verified" in text
    assert "Training" not in text
    assert "Memory plan" not in text


def test_a_mismatch_is_not_overlooked():
    assert "NOT bit-exact" in Reader(page(replace(REPORT, verify=Verify(False, 64, "A", "B")))).text


def test_names_are_text_wherever_they_appear():
    layers = tuple(replace(row, name=NASTY, op=NASTY, encoding=NASTY) for row in LAYERS)
    plan = [replace(row, name=NASTY) for row in PLAN]
    nasty = replace(
        REPORT,
        model=replace(REPORT.model, name=NASTY, source=NASTY, sha256=NASTY),
        board=replace(REPORT.board, name=NASTY, cpu=NASTY),
        method=NASTY,
        accuracy=replace(REPORT.accuracy, metric=NASTY),
        layers=layers,
        verify=Verify(True, 1, NASTY, NASTY),
    )
    reader = Reader(page(nasty, plan, HISTORY))
    assert "script" not in reader.tags
    assert reader.text.count(NASTY) > 20


def test_equal_reports_make_equal_pages(whole):
    assert page(REPORT, PLAN, HISTORY) == whole


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), -1.0, 0.0])
def test_a_training_that_diverged_is_still_drawn(loss):
    history = [{"epoch": 0, "loss": loss, "sparsity": 0.5, "metric": None}]
    Reader(page(REPORT, (), history))
    Reader(page(REPORT, (), HISTORY + history))


numbers = st.floats(-1e30, 1e30) | st.sampled_from([float("nan"), float("inf"), -float("inf")])


@settings(max_examples=30)
@given(
    st.lists(
        st.fixed_dictionaries({"epoch": st.integers(), "loss": numbers, "sparsity": st.floats(0, 1), "metric": numbers})
    ),
    st.integers(1, 1 << 32),
    st.sampled_from(["accuracy", "mse", None]),
)
def test_any_history_and_budget_make_a_page_with_finite_coordinates(history, budget, metric):
    report = replace(REPORT, budget=Budget(budget, budget), accuracy=replace(REPORT.accuracy, metric=metric))
    for name, value in Reader(page(report, PLAN, history)).attributes:
        if name in {"x", "y", "width", "height", "points", "cx", "cy", "style"}:
            assert not re.search(r"nan|inf", value), (name, value)


def test_the_busiest_layer_is_where_most_bytes_are_alive():
    rows = [PlanRow("a", 0, 10, 0, 1), PlanRow("b", 10, 10, 1, 2), PlanRow("c", 0, 5, 2, 2)]
    assert busiest(rows, 3) == 1


def test_the_smallest_buffer_is_still_seen():
    drawing = memory_plan([PlanRow("big", 0, 100_000, 0, 0), PlanRow("tiny", 100_000, 1, 0, 0)], ["layer"], 100_004)
    heights = [float(height) for height in re.findall(r'class="buffer once"[^>]* height="([\d.]+)"', drawing)]
    assert len(heights) == 2
    assert min(heights) >= 4


def test_a_wall_is_a_line_across_the_plan():
    rows = [PlanRow("below", 0, 60, 0, 0), PlanRow("above", 60, 40, 0, 0)]
    assert 'class="wall"' in memory_plan(rows, ["layer"], 100, 60)
    assert 'class="wall"' not in memory_plan(rows, ["layer"], 100)


def test_tag_escapes_what_is_not_markup():
    assert tag("b", "1 < 2", class_="x", text_anchor='"') == '<b class="x" text-anchor="&quot;">1 &lt; 2</b>'
    assert join(Html("<i>"), "<i>") == "<i>&lt;i&gt;"
