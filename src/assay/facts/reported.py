"""What another tool reported of a model: evidence "reported by X vN", never mixed with what assay measured."""

from __future__ import annotations

from typing import ClassVar

from assay.facts.section import SectionKind
from assay.lazy import dataclass


@dataclass(frozen=True, slots=True)
class ReportedRow:
    """One number of a report: of which test, by which metric or detector, over how many tries (None: not said).

    `failures` is how many of them failed where the tool counts them. `weak` says what is known to be weak about how
    this number is made (empty: nothing is known to assay).
    """

    test: str
    metric: str
    value: float
    count: int | None
    failures: int | None
    weak: str


@dataclass(frozen=True, slots=True)
class Reported:
    """A report of another tool: which tool and version made it, of which model by its own words, the file's digest.

    `left_out` counts the rows beyond those that are kept.
    """

    SECTION: ClassVar[SectionKind] = SectionKind("reported", 1, many=True)

    tool: str
    version: str
    model: str
    file: str
    sha256: str
    rows: tuple[ReportedRow, ...]
    left_out: int

    @property
    def by(self) -> str:
        """Who reported it, in words."""
        return f"reported by {self.tool} {self.version or '(it does not say which version)'}"
