"""Is there a file that may carry weights or code and that no reader understands?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._obstacle import open_answers
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.finding import Answer


@check(
    "artifact.unread",
    title="Is there a file that may carry weights or code and that no reader understands?",
    severity=5.0,
    remedy=(
        "Delete the file if the model does not need it, or examine it with a tool "
        "for its format and accept it with a waiver bound to this model's digest."
    ),
    references=("CWE-1104",),
)
def artifact_unread(obstacles: tuple[Obstacle, ...]) -> Iterator[Answer]:
    """A file that nothing reads is not a file without findings.

    Formats that assay has no reader for may hold weights, code or pickles. They are listed, never skipped.
    """
    yield from open_answers(obstacles, Trouble.UNREAD)
