"""Write in one way what is written in several: digits of any script, fractions, dates, and measures in one unit each.

For comparing short answers: what comes out need not read well. English, and numbers of other scripts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction

from assay.lazy import dataclass, regex
from assay.text.quantity import PARTS, UNITS
from assay.text.value import Kind, Value, values

_MONTH_NAMES = "January February March April May June July August September October November December"
_MONTHS = tuple(_MONTH_NAMES.split())
# what a unit is counted in: of lengths the metre, of masses the gram, of times the second
_MEASURES = {
    word: (base, factor)
    for base, rows in {
        "metre": {
            Fraction(1, 1000): "mm millimetre millimeter",
            Fraction(1, 100): "cm centimetre centimeter",
            Fraction(1): "m metre meter",
            Fraction(1000): "km kilometre kilometer",
        },
        "gram": {
            Fraction(1, 1000): "mg milligram",
            Fraction(1): "g gram gramme",
            Fraction(1000): "kg kilo kilogram kilogramme",
            Fraction(1_000_000): "tonne",
        },
        "second": {Fraction(1): "sec second", Fraction(60): "min minute", Fraction(3600): "h hr hour"},
    }.items()
    for factor, words in rows.items()
    for word in words.split()
}
_HAN = {**{mark: at for at, mark in enumerate("零一二三四五六七八九")}, "〇": 0}
_HAN_SCALES = {"十": 10, "百": 100, "千": 1000}
_HAN_NUMBER = regex(r"(?<![\u3400-\u9fff])[零〇一二三四五六七八九十百千]{1,12}(?![\u3400-\u9fff])")
_FRACTION = regex(r"(?P<whole>\d{1,9})?\s?(?P<part>[¼-¾⅐-⅞])")
_PART = regex(r"\b(?P<count>one|two|three|four) (?P<part>half|third|quarter|fifth)s?\b")
_AND_HALF = regex(r"\b(?:an?|one) (?P<unit>\w{1,12}) and a half\b")
_HALF_AN = regex(r"\bhalf an? (?P<unit>\w{1,12})\b")
_THE = regex(rf"\b(?P<month>{'|'.join(_MONTHS)}) the (?=\w)")
_WRITTEN = (
    (regex(r"°\s?C\b|\bdegrees? centigrade\b"), " degrees celsius"),
    (regex(r"°\s?F\b"), " degrees fahrenheit"),
    (regex(r"(?<=\d)\s?mph\b"), " miles per hour"),
    (regex(r"(?<=\d)\s?(?:km/h|kmh|kph)\b"), " km per hour"),
    (regex(r"(?<=[a-z])/(?:s|sec)\b"), " per second"),
    (regex(r"(?<=\d)\s?[*×]\s?(?=\d)"), " times "),
)
_FAHRENHEIT = regex(r"(?P<amount>[-−]?\d{1,6}(?:\.\d{1,6})?)\s{0,3}(?:degrees? )?fahrenheit\b", re.IGNORECASE)


def spelled(text: str) -> str:
    """The text with its numbers, dates and measures in one spelling."""
    text = "".join(str(unicodedata.decimal(mark)) if mark.isdecimal() else mark for mark in text)
    text = _HAN_NUMBER.sub(lambda match: str(_han(match[0])), text)
    text = _FRACTION.sub(lambda match: _figures(int(match["whole"] or 0) + _fraction(match["part"])), text)
    text = _PART.sub(lambda match: _figures(UNITS[match["count"]] * PARTS[match["part"]]), text)
    text = _AND_HALF.sub(r"1.5 \g<unit>", text)
    text = _HALF_AN.sub(r"0.5 \g<unit>", text)
    text = _THE.sub(r"\g<month> ", text)
    for pattern, instead in _WRITTEN:
        text = pattern.sub(instead, text)
    text = _FAHRENHEIT.sub(lambda match: f"{_celsius(match['amount'])} degrees celsius", text)
    return "".join(_pieces(text))


def _celsius(fahrenheit: str) -> str:
    return _figures((Fraction(fahrenheit.replace("−", "-")) - 32) * Fraction(5, 9))


def _han(text: str) -> int:
    """A number in Chinese figures below ten thousand, with or without tens and hundreds."""
    if not _HAN_SCALES.keys() & set(text):
        return int("".join(str(_HAN[mark]) for mark in text))
    whole, last = 0, 0
    for mark in text:
        if mark in _HAN_SCALES:
            whole, last = whole + (last or 1) * _HAN_SCALES[mark], 0
        else:
            last = _HAN[mark]
    return whole + last


def _fraction(mark: str) -> Fraction:
    """The value of one mark: `¾` is three quarters."""
    return Fraction(unicodedata.numeric(mark)).limit_denominator(16)


def _figures(number: Fraction) -> str:
    return f"{float(number):.6g}" if number.denominator > 1 else str(number.numerator)


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces, each date and measure of it written in one way."""
    at = 0
    held: _Measure | None = None  # of which the next may be a part: two hours and thirty minutes
    for value in values(text):
        measure, date = _measure(text, value), _date(value)
        if value.start < at or (measure is None and date is None):
            continue
        between = text[at : value.start]
        if (
            held
            and measure
            and held.base == measure.base
            and held.factor > measure.factor
            and _JOINS.fullmatch(between)
        ):
            held, at = _Measure(held.amount + measure.amount, held.base, measure.factor, measure.stop), measure.stop
            continue
        yield held.written if held else ""
        yield between
        yield date or ""
        held, at = measure, measure.stop if measure else value.stop
    yield held.written if held else ""
    yield text[at:]


@dataclass(frozen=True, slots=True)
class _Measure:
    """An amount in the base of its unit, the size of the unit in it, and where the measure ends."""

    amount: Fraction
    base: str
    factor: Fraction
    stop: int

    @property
    def written(self) -> str:
        return f"{_figures(self.amount)} {self.base}"


def _date(value: Value) -> str | None:
    """A date as `22 March 2021`; None where it is none, has no month, or may mean several."""
    if value.kind is not Kind.DATE or len(value.days) != 1 or value.days[0].month is None:
        return None
    day = value.days[0]
    if day.day is None and day.year is None:
        return None
    parts = (day.day, _MONTHS[day.month - 1] if day.month else None, day.year)
    return " ".join(str(part) for part in parts if part is not None)


def _measure(text: str, value: Value) -> _Measure | None:
    """The measure that a value begins, or None."""
    if value.kind is not Kind.NUMBER or not value.amounts:
        return None
    found = _CLOSE.search(text, value.start, value.stop) or _UNIT.match(text, value.stop)
    measure = _MEASURES.get(found["unit"].lower().removesuffix("s")) if found else None
    if found is None or measure is None:
        return None
    base, factor = measure
    return _Measure(value.amounts[0] * factor, base, factor, found.end())


_UNIT = regex(r"[\s\u00a0\u2009\u202f-]{0,3}(?P<unit>[A-Za-z]{1,12})\b")
_CLOSE = regex(r"(?<=\d)(?P<unit>[a-z]{1,2})$")
_JOINS = regex(r",? (?:and )?")
