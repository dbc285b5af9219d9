"""Does a text of the model name an address that models have no use for?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, review
from assay.facts.structure import Aspect
from assay.facts.text import TextMark, TextMarkKind


@check(
    "network.mark",
    title="Does a text of the model name an address that models have no use for?",
    severity=4.8,
    remedy="Read the line: find out what would connect to that address, and when.",
    references=("CWE-506", "MITRE ATLAS AML.T0025"),
    aspects=(Aspect.MARKS,),
)
def network_mark(marks: tuple[TextMark, ...]) -> Iterator[Answer]:
    """Webhooks, tunnels to private machines, collectors of requests, pastes, hidden services, hosts by number.

    They are where stolen data goes and where second stages come from. Ordinary links are not reported.
    """
    for mark in marks:
        if mark.kind is TextMarkKind.NETWORK:
            article = "an" if mark.what.startswith("a") else "a"
            yield review(
                f"{mark.artifact}:{mark.line} names {article} {mark.what}: {mark.seen}",
                Evidence(mark.artifact, mark.seen, line=mark.line, name=mark.seen),
            )
