"""Whether two values that `text.value` found are the same, as exactly as both are written, or cannot be."""

from __future__ import annotations

from fractions import Fraction

from assay.text.value import Day, Kind, Value

LATITUDE = Fraction(1, 20)  # of a number that is said to be about so much
FARTHEST = Fraction(1, 4)  # from the bound of a number that is said to be more or less than so much


def same(one: Value, other: Value) -> bool:
    """Whether two values may be the same: every part that both give agrees, one as exactly as the other tells."""
    if Kind.DATE in (one.kind, other.kind):
        if one.days and other.days:
            return any(_same_day(left, right) for left in one.days for right in other.days)
        return bool(set(one.amounts) & set(other.amounts))
    if one.kind is not other.kind and {one.kind, other.kind} != {Kind.NUMBER, Kind.MONEY}:
        return False
    if one.kind is other.kind is Kind.MONEY and one.unit != other.unit:
        return False
    return any(_same_amount(one, left, other, right) for left in one.amounts for right in other.amounts)


def _same_day(one: Day, other: Day) -> bool:
    if one.decade or other.decade:
        return one.year is not None and other.year is not None and one.year // 10 == other.year // 10
    pairs = ((one.year, other.year), (one.month, other.month), (one.day, other.day))
    return all(left is None or right is None or left == right for left, right in pairs) and any(
        left is not None and right is not None for left, right in pairs
    )


def _same_amount(one: Value, left: Fraction, other: Value, right: Fraction) -> bool:
    if left == right:
        return True
    most = max(abs(left), abs(right))
    if abs(left - right) <= min(max(one.step, other.step) / 2, LATITUDE * most):
        return True
    if (one.about or other.about) and abs(left - right) <= LATITUDE * most:
        return True
    return _within(one.bound, left, right, most) or _within(other.bound, right, left, most)


def _within(bound: int, limit: Fraction, amount: Fraction, most: Fraction) -> bool:
    """Whether an amount is on the right side of a bound and not far from it."""
    return bound != 0 and (amount - limit) * bound > 0 and abs(amount - limit) <= FARTHEST * most


def opposed(one: Value, other: Value) -> bool:
    """Whether two values of one kind and unit cannot be the same: one in the place of the other is a mistake."""
    if same(one, other):
        return False
    if Kind.DATE in (one.kind, other.kind):
        return bool(one.days and other.days) and not _parts_apart(one, other)
    if one.kind is not other.kind:
        return {one.kind, other.kind} == {Kind.NUMBER, Kind.MONEY} and not (one.unit and other.unit)
    if one.kind in (Kind.NUMBER, Kind.ORDINAL):
        return bool(one.unit) and _singular(one.unit) == _singular(other.unit)
    return True


def _parts_apart(one: Value, other: Value) -> bool:
    """Whether no part is given by both: a year and a month say nothing of each other."""
    return not any(
        (left.year and right.year) or (left.month and right.month) for left in one.days for right in other.days
    )


def _singular(word: str) -> str:
    return {"people": "person", "men": "man", "women": "woman", "children": "child"}.get(word, word.removesuffix("s"))
