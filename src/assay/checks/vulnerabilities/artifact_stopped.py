"""Did the reader have to be stopped on a file?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._obstacle import open_answers
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.finding import Answer


@check(
    "artifact.stopped",
    title="Did the reader have to be stopped on a file?",
    severity=7.5,
    remedy=(
        "Where the message names an option, allow more with it. Else treat the file as hostile until shown otherwise: "
        "a sound file of this size is read within the bounds."
    ),
    references=("CWE-400", "CWE-770"),
)
def artifact_stopped(obstacles: tuple[Obstacle, ...]) -> Iterator[Answer]:
    """A file on which the isolated reader crashed, ran out of memory or of time, or came to a limit was not examined.

    Each file is parsed in a locked-down process with bounded memory, time and output, and an audit as a whole has a
    budget. A file that exhausts them is either hostile or beyond what assay handles; both are reasons not to call it
    examined.
    """
    yield from open_answers(obstacles, Trouble.STOPPED, Trouble.LIMIT)
