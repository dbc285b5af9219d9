"""Does a file break the rules of its own format?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._obstacle import open_answers
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.finding import Answer


@check(
    "artifact.malformed",
    title="Does a file break the rules of its own format?",
    severity=7.0,
    remedy=(
        "Get the file again from its publisher and compare digests; "
        "if it is the publisher's own, ask for one that follows the specification."
    ),
    references=("CWE-20", "CWE-1286"),
)
def artifact_malformed(obstacles: tuple[Obstacle, ...]) -> Iterator[Answer]:
    """A file that contradicts its own format cannot be examined to the end.

    Loaders differ in what they do with such a file: one stops, another reads on with whatever the lengths and
    offsets say. Native loaders have had memory errors exactly there (CVE-2025-53630 in llama.cpp). assay reads
    with bounds, says where the file stops making sense, and leaves the rest open. A bound of assay that was
    reached is reported here too, with its value.
    """
    yield from open_answers(obstacles, Trouble.MALFORMED)
