"""Lines and tables for a terminal of any width: nothing is lost, no word is torn, a narrow one gets cards."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.render.terminal import folded, painter, table

HEADINGS = ("tensor", ">relative", ">changed", "what")
ROWS = (
    ("model.layers.0.self_attn.q_proj.weight", "0.1234", "99.00%", "changed, rank 4 holds 97.0% of the difference"),
    ("lm_head", "1.5", "1.00%", "cast"),
)


def words(lines: list[str]) -> list[str]:
    return " ".join(lines).split()


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_a_table_keeps_to_the_width_and_loses_nothing(width: int) -> None:
    lines = list(table(HEADINGS, ROWS, width))
    assert all(len(line) <= width for line in lines), lines
    shown = " ".join(words(lines)).replace(",", "")
    for row in ROWS:
        assert all(word in shown for cell in row for word in cell.replace(",", "").split())


def test_numbers_end_below_one_another_and_a_narrow_terminal_gets_cards() -> None:
    wide = list(table(HEADINGS, ROWS, 120))
    assert [line.index(end) + len(end) for line, end in zip(wide, ("relative", "0.1234", "1.5"), strict=True)] == [
        48
    ] * 3
    assert list(table(HEADINGS, ROWS[1:], 40)) == [
        "tensor   relative  changed  what",
        "lm_head       1.5    1.00%  cast",
    ]
    narrow = list(table(HEADINGS, ROWS, 40))
    assert narrow[:2] == ["model.layers.0.self_attn.q_proj.weight", "    relative 0.1234, changed 99.00%,"]


@given(st.text(alphabet="ab -/$", max_size=120), st.integers(40, 80))
def test_a_folded_line_has_the_same_words_and_only_single_words_stick_out(text: str, width: int) -> None:
    lines = folded(text, width)
    assert words(lines) == text.split()
    if not text.lstrip().startswith("$ "):
        assert all(len(line) <= width or len(line.split()) == 1 for line in lines), lines


def test_what_is_folded_stands_below_its_column_and_keeps_its_colour() -> None:
    line = f"  entry 1  {painter(True)('PASSED and more', '32')} " + "word " * 12
    first, second, *_ = folded(line, 40)
    assert first.startswith("  entry 1  \x1b[32mPASSED") and second.startswith(" " * 11 + "word")
    assert re.sub(r"\x1b\[\d*m", "", first).startswith("  entry 1  PASSED and more word")
    assert folded("  $ assay audit model --policy strict --only weights.dead", 40) == [
        "  $ assay audit model --policy strict --only weights.dead"
    ]
