"""Did a file change while it was read?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._obstacle import open_answers
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.finding import Answer


@check(
    "artifact.changed",
    title="Did a file change while it was read?",
    severity=6.0,
    remedy="Audit again when nothing writes to the folder; better, audit a read-only copy.",
    references=("CWE-367",),
)
def artifact_changed(obstacles: tuple[Obstacle, ...]) -> Iterator[Answer]:
    """Findings about a file that changed under the reader may be about neither version.

    Device, inode, size, modification time and time of change of each file are compared with those listed at first, on
    the open file, before and after each time that it is read; it is opened folder by folder, over no link.
    """
    yield from open_answers(obstacles, Trouble.CHANGED)
