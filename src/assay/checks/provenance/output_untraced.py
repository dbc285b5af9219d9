"""Was no output compared with the training data?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.artifact import Artifact
from assay.facts.finding import Answer, unknown


@check(
    "output.untraced",
    title="Was no output compared with the training data?",
    severity=2.0,
    remedy="Where the publisher offers the data, search it for what the model writes. This version of assay reads what is declared and does not search a corpus.",
)
def output_untraced(artifacts: tuple[Artifact, ...]) -> Iterator[Answer]:
    """Which documents an output repeats can only be found by searching the training data.

    This audit had no corpus, so memorised text, its sources and their licences are not known.
    """
    if artifacts:
        yield unknown("no corpus was searched, so it is not known what the model repeats and from where")
