"""Is something missing that the files refer to or stand for?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._obstacle import open_answers
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.finding import Answer


@check(
    "artifact.absent",
    title="Is something missing that the files refer to or stand for?",
    severity=4.0,
    remedy="Fetch the missing content (git lfs pull, or finish the download) and audit again.",
    references=(),
)
def artifact_absent(obstacles: tuple[Obstacle, ...]) -> Iterator[Answer]:
    """A pointer, a partial download or a broken link is not the file it stands for.

    A folder cloned without Git LFS holds pointers of 130 bytes where the weights should be; an interrupted download
    leaves a partial file. What is not there cannot be examined, so it is named and left open.
    """
    yield from open_answers(obstacles, Trouble.ABSENT)
