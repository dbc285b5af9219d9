"""Is there an entry that cannot be opened as a plain file inside the model?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._obstacle import open_answers
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.finding import Answer


@check(
    "artifact.unreachable",
    title="Is there an entry that cannot be opened as a plain file inside the model?",
    severity=5.0,
    remedy=(
        "Replace links by the files they point to, remove devices, "
        "pipes and sockets, and grant read permission; then audit again."
    ),
    references=("CWE-59", "CWE-61"),
)
def artifact_unreachable(obstacles: tuple[Obstacle, ...]) -> Iterator[Answer]:
    """A link that leaves the folder makes a loader read a file that is not part of the model.

    Links out of the folder, links to folders, named pipes, devices, sockets and files without read permission are
    not followed or opened. A hub cache, whose snapshots link to blobs beside them, is understood.
    """
    yield from open_answers(obstacles, Trouble.DENIED, Trouble.LINK, Trouble.SPECIAL)
