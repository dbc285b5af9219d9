"""What comes to a model from its bases, in words: a verdict, a licence, or that nothing is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from assay.facts.dossier import Verdict
from assay.facts.kept import KeptAudit
from assay.facts.kin import Descent, Origin
from assay.render.visible import visible

UNKNOWN = "UNKNOWN"  # the verdict of what is not kept
MOST, MOST_SHOWN, MOST_CHECKS = 4, 20, 3


def inheriting(descents: Sequence[Descent]) -> list[KeptAudit]:
    """The audit of each, with what comes to it from its bases."""
    return [replace(row.audit, inherits=tuple(inherited(row))) for row in descents]


def inherited(descent: Descent) -> Iterator[str]:
    """Of each base what a reader should know: a verdict that is not PASSED, another licence, or that it is unknown."""
    told = [said for origin in descent.origins if (said := _inherited(origin, descent))]
    yield from told[:MOST]
    if len(told) > MOST:
        yield f"and of {len(told) - MOST:,} more bases"


def lines(descent: Descent) -> Iterator[str]:
    """Every base with its verdict and licence, for the end of a report."""
    for origin in descent.origins[:MOST_SHOWN]:
        said = f"{_named(origin)}: {_verdict(origin)}{_licence(origin, descent)} ({origin.basis})"
        yield visible(said)
    if len(descent.origins) > MOST_SHOWN:
        yield f"and {len(descent.origins) - MOST_SHOWN:,} more bases"


def licences(names: tuple[str, ...]) -> str:
    """The licences of a model."""
    return ", ".join(names) or "no licence stated"


def _inherited(origin: Origin, descent: Descent) -> str:
    same = set(origin.licences) <= set(descent.licences) and origin.licences
    if origin.audit and origin.audit.verdict == Verdict.PASSED and same:
        return ""
    return f"{_named(origin)}: {_verdict(origin)}{'' if same else _licence(origin, descent)}"


def _named(origin: Origin) -> str:
    place = "base" if origin.steps == 1 else f"base {origin.steps} steps up"
    guessed = f" (called {origin.base} there)" if origin.guessed else ""
    return f"{place} {origin.audit.name if origin.audit else origin.base}{guessed}"


def _verdict(origin: Origin) -> str:
    if origin.audit is None:
        return f"{UNKNOWN}, no audit of it is kept"
    checks = ", ".join(origin.blocking[:MOST_CHECKS])
    more = f" and {len(origin.blocking) - MOST_CHECKS:,} more" if len(origin.blocking) > MOST_CHECKS else ""
    return f"{origin.audit.verdict}{f', {checks}{more}' if checks else ''}"


def _licence(origin: Origin, descent: Descent) -> str:
    if origin.audit is None:
        return ""
    if not origin.licences:
        return "; its licence is unknown"
    here = "" if set(origin.licences) <= set(descent.licences) else f", here {licences(descent.licences)}"
    return f"; licence {licences(origin.licences)}{here}"
