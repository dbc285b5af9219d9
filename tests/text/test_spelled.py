"""Numbers, dates and measures in one spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.text.spelled import spelled


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,500 m", "1500 metre"),
        ("It is 1.5km long", "It is 1500 metre long"),
        ("2 hours and 30 minutes", "9000 second"),
        ("an hour and a half", "5400 second"),
        ("90 min.", "5400 second."),
        ("180 centimeters", "1.8 metre"),
        ("1 m 80 cm", "1.8 metre"),
        ("212 °F", "100 degrees celsius"),
        ("1776-07-04", "4 July 1776"),
        ("July 4th, 1776", "4 July 1776"),
        ("November the eleventh", "11 November"),
        ("٢٧", "27"),
        ("二千零二十七", "2027"),
        ("1½ kg", "1500 gram"),
        ("three quarters", "0.75"),
        ("60 km/h", "60000 metre per hour"),
        # what may mean something else, or is no measure, stays as it is
        ("5 m and 10 m", "5 metre and 10 metre"),
        ("1.5 miles", "1.5 miles"),
        ("3/4/2021", "3/4/2021"),
        ("三国", "三国"),
        ("in May 1990", "in May 1990"),
        ("He is 5. M is a letter.", "He is 5. M is a letter."),
    ],
)
def test_what_is_written_in_several_ways_is_written_in_one(text: str, said: str) -> None:
    assert spelled(text) == said


@given(st.text(max_size=200))
def test_of_any_text_the_digits_are_those_of_ascii(text: str) -> None:
    assert all(mark.isascii() for mark in spelled(text) if mark.isdecimal())
