"""Say which terms of two sentences are the same: words by stems, names by parts, values by meaning."""

from __future__ import annotations

from assay.text.same import same
from assay.uncertainty.terms import Kind, Term

LEAST_ALIKE = 5  # letters of a stem that another may begin with and still be the same


def same_terms(term: Term, others: tuple[Term, ...], starting: dict[str, list[int]]) -> tuple[int, ...]:
    """The terms that are the same as one.

    Args:
        starting: what `starting_with` gives of the others, so that a word is not compared with every other.
    """
    if term.kind is Kind.WORD:
        named = [at for at, other in enumerate(others) if len(other.keys) > 1]
        near = sorted({*starting.get(term.keys[0][:LEAST_ALIKE], ()), *named})
    else:
        near = list(range(len(others)))
    return tuple(at for at in near if matches(term, others[at]))


def starting_with(terms: tuple[Term, ...]) -> dict[str, list[int]]:
    """The terms by the first letters of their words."""
    found: dict[str, list[int]] = {}
    for at, term in enumerate(terms):
        for key in term.keys:
            found.setdefault(key[:LEAST_ALIKE], []).append(at)
    return found


def matches(one: Term, other: Term) -> bool:
    """Whether two terms are the same, as far as their words tell."""
    if one.value is not None or other.value is not None:
        return one.value is not None and other.value is not None and same(one.value, other.value)
    if Kind.NAME in (one.kind, other.kind):
        return _same_name(one.keys, other.keys)
    left, right = one.keys[0], other.keys[0]
    return left == right or (
        min(len(left), len(right)) >= LEAST_ALIKE and (left.startswith(right) or right.startswith(left))
    )


def _same_name(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    few, many = sorted((one, other), key=len)
    if set(few) <= set(many):
        return True
    short, whole = (one, other) if len(one) == 1 else (other, one)
    return len(short) == 1 and len(whole) > 1 and short[0] == "".join(word[0] for word in whole)


def told(term: Term, others: list[Term]) -> bool:
    """Whether these terms give all that a value says: each part of a date that is compatible with theirs."""
    if term.value is None or not term.value.days:
        return any(matches(term, other) for other in others)
    given = [day for other in others if other.value and same(term.value, other.value) for day in other.value.days]
    amounts = any(other.value and set(other.value.amounts) & set(term.value.amounts) for other in others)
    return amounts or (any(
        all(part is None or any(getattr(row, name) is not None for row in given) for name, part in (
            ("year", day.year), ("month", day.month), ("day", day.day)
        ))
        for day in term.value.days
    ) and bool(given))  # fmt: skip
