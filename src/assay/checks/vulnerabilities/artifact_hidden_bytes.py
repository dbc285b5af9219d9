"""Does a file hold bytes that its format does not account for?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._structure import flaw_answers
from assay.facts.finding import Answer, Kind
from assay.facts.structure import Aspect, Flaw, FlawKind


@check(
    "artifact.hidden-bytes",
    title="Does a file hold bytes that its format does not account for?",
    severity=5.9,
    remedy=(
        "Look at the bytes named, or ask for a file that an ordinary writer made: readers of the format never use them."
    ),
    references=("CWE-506", "CWE-1287"),
    aspects=(Aspect.LAYOUT,),
)
def artifact_hidden_bytes(flaws: tuple[Flaw, ...]) -> Iterator[Answer]:
    """Bytes in front of an archive, between its members or after its end carry whatever their author likes.

    They are how one file is two (a polyglot), and where a payload waits for a loader that looks elsewhere. Ordinary
    writers leave none. In weight files the same question is `weights.unowned-bytes`.
    """
    yield from flaw_answers(Kind.REVIEW, flaws, FlawKind.HIDDEN)
