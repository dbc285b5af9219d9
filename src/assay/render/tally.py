"""What every list, count and sentence of a report is about, read off a dossier once."""

from __future__ import annotations

from assay.facts.dossier import Dossier
from assay.facts.finding import Finding
from assay.lazy import dataclass
from assay.render.decision import Matter, accepted, matters
from assay.render.unknown import Unknown, unknowns


@dataclass(frozen=True, slots=True)
class Tally:
    """A dossier, and of it what is to be dealt with, what is not known, and what a waiver or a baseline accepts."""

    dossier: Dossier
    matters: tuple[Matter, ...]
    unknowns: tuple[Unknown, ...]
    accepted: tuple[Finding, ...]


def tally(dossier: Dossier, again: str = "") -> Tally:
    """The tally of a dossier; `again` is the command as it was given, where that is known."""
    return Tally(dossier, matters(dossier), unknowns(dossier, again), accepted(dossier))


def counted(blocking: int, first: int, decide: int, unknown: int, accepted: int, passed: int = 0) -> str:
    """Counts in words: "1 blocking, 2 to decide, 14 not known, 61 pass"; empty where all are zero."""
    rows = (
        (blocking, "blocking"),
        (first, "to decide first"),
        (decide, "to decide"),
        (unknown, "not known"),
        (accepted, "accepted"),
        (passed, "pass"),
    )
    return ", ".join(f"{number:,} {word}" for number, word in rows if number)
