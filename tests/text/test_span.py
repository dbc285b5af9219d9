"""What of a text can be made up, and words by which two texts are compared."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.facts.uncertainty import SpanKind
from assay.text.plain import pieces, plain, words
from assay.text.span import MOST, spans


def found(text: str) -> list[tuple[SpanKind, str]]:
    return [(kind, text[start:stop]) for kind, start, stop in spans(text) if kind is not SpanKind.WORDS]


NAME, DATE, NUMBER, QUOTE = SpanKind.NAME, SpanKind.DATE, SpanKind.NUMBER, SpanKind.QUOTE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The capital of France is Berlin.", [(NAME, "France"), (NAME, "Berlin")]),
        ("It was founded in 1823 by Albert Camus.", [(DATE, "1823"), (NAME, "Albert Camus")]),
        ("On 3 March 1901 it had 12,500 readers.", [(DATE, "3 March 1901"), (NUMBER, "12,500")]),
        ("A few said “never again” on 2024-05-01.", [(QUOTE, "“never again”"), (DATE, "2024-05-01")]),
        ("He met the University of Oxford team.", [(NAME, "University of Oxford")]),
        ("J. R. R. Tolkien paid 3.5 million.", [(NAME, "J. R. R. Tolkien"), (NUMBER, "3.5 million")]),
        ("it rained all day", []),
        ("Her mother knew Ada. However, it’s old. Don't. It's Kant’s.", [(NAME, "Ada"), (NAME, "Kant’s")]),
        ("First Lady. Second World War.", [(NAME, "First Lady"), (NAME, "Second World War")]),
    ],
)
def test_what_can_be_made_up_is_found(text: str, expected: list[tuple[SpanKind, str]]) -> None:
    assert found(text) == expected


@given(st.text(max_size=200))
def test_spans_lie_in_the_text_in_order_and_apart(text: str) -> None:
    at = 0
    for _, start, stop in spans(text):
        assert at <= start < stop <= len(text)
        at = stop


@pytest.mark.parametrize("piece", ["A.", "1000,", "A ", "Ab", '"', "a-", "1 ", "20", "aaaa ", " "])
def test_hostile_text_has_a_bounded_number_of_spans_in_bounded_time(piece: str) -> None:
    start = time.process_time()
    assert sum(1 for _ in spans(piece * ((1 << 20) // len(piece)))) <= MOST
    assert time.process_time() - start < 5


def test_words_by_hand() -> None:
    assert plain("The U.S. — a Nation") == "u s nation"
    assert list(words("It's 12,500 in 3.5 days, isn’t it?")) == ["It's", "12,500", "in", "3.5", "days", "isn’t", "it"]
    assert pieces("Paris, 1901.") == ["paris", ",", "1901", "."]
