"""Is a container read differently by different programs?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._structure import flaw_answers
from assay.facts.finding import Answer, Kind
from assay.facts.structure import Aspect, Flaw, FlawKind


@check(
    "archive.ambiguous",
    title="Is a container read differently by different programs?",
    severity=8.1,
    remedy=(
        "Do not use the file: what a scanner saw need not be what a loader reads. "
        "Ask for one that an ordinary writer made."
    ),
    references=("CWE-436", "CVE-2025-10156", "CVE-2025-1944", "GHSA-w8jq-xcqf-f792"),
    aspects=(Aspect.LAYOUT,),
)
def archive_ambiguous(flaws: tuple[Flaw, ...]) -> Iterator[Answer]:
    """Two members of one name, headers that disagree, members that overlap, checksums that some readers ignore.

    A scanner that reads the one and a loader that reads the other see different models. PyTorch reads zip archives with
    a library of its own that minds less than Python's, which is how scanners have been evaded. No writer makes such
    files.
    """
    yield from flaw_answers(Kind.FAIL, flaws, FlawKind.AMBIGUOUS)
