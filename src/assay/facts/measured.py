"""That a measurement was wanted and could not be made."""

from __future__ import annotations

from assay.lazy import dataclass


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """A measure that an enabled check needs and that did not run: the facts it would have given, and the reason.

    A check that finds no such fact is then open for this reason, instead of not applicable.
    """

    measure: str
    facts: tuple[str, ...]
    reason: str
