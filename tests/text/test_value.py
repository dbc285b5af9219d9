"""Numbers, money, dates and days in a text, and which of them are the same."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.text.same import opposed, same
from assay.text.value import Kind, Value, values


def only(text: str) -> Value:
    (found,) = values(text)
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("$1.5 million", "1.5 million dollars"),
        ("$1.5 million", "USD 1,500,000"),
        ("$1.5m", "1.5 million US dollars"),
        ("€20k", "20.000 Euro"),
        ("1,2 Millionen Euro", "€1,200,000"),
        ("twelve hundred", "1,200"),
        ("one hundred and five", "105"),
        ("two and a half million", "2.5 million"),
        ("zweiundzwanzig", "22"),
        ("a dozen eggs", "12 eggs"),
        ("twelve per cent", "12%"),
        ("half of the voters", "50 percent"),
        ("two thirds", "67 %"),
        ("22. März 2021", "22 March 2021"),
        ("March 22nd, 2021", "2021-03-22"),
        ("22/03/2021", "the twenty-second of March 2021"),
        ("4 juillet 1911", "4 July 1911"),
        ("1990s", "1994"),
        ("in May", "3 May 2020"),
        ("3:30 pm", "15:30"),
        ("about 1,500", "1,487"),
        ("more than 1,400", "1,487"),
        ("the third quarter", "Q3"),
        ("£ 7.8 m", "7.8 million pounds"),
        ("the third", "3rd"),
        ("Monday", "Montag"),
    ],
)
def test_the_same_in_other_words(one: str, other: str) -> None:
    assert same(only(one), only(other))
    assert not opposed(only(one), only(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("$1.5 million", "$2.5 million"),
        ("$2 million", "$1.5 million"),
        ("$5", "€5"),
        ("22 April 2021", "22 March 2021"),
        ("in April", "22 March 2021"),
        ("1911", "7 May 1903"),
        ("12 percent", "15 percent"),
        ("412 patients", "421 patients"),
        ("second quarter", "third quarter"),
        ("Monday", "Tuesday"),
    ],
)
def test_another_one_in_the_same_place(one: str, other: str) -> None:
    assert opposed(only(one), only(other))


@pytest.mark.parametrize(
    "text", ["he may go", "the march of the penguins", "a large mar", "version one-off", "won a prize"]
)
def test_what_is_no_value(text: str) -> None:
    assert not [row for row in values(text) if row.kind is not Kind.NUMBER]


@given(st.text(alphabet="0123456789.,/-: $€%abMarch twelvehundfs\n’１２二", max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read(text: str) -> None:
    found = list(values(text))
    assert all(one.stop <= other.start for one, other in pairwise(found))
    assert all(0 <= row.start < row.stop <= len(text) for row in found)
    assert all(same(row, row) for row in found)


def test_reading_takes_time_in_proportion_to_the_text() -> None:
    assert len(list(values("1,000 " * 3000))) == 3000
    assert list(values("1" * 100_000)) == [], "no value of so many digits"
