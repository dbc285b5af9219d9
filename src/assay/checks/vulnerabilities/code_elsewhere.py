"""Does loading the model run code that is not part of it?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.artifact import Artifact
from assay.facts.config import CodeReference
from assay.facts.finding import Answer, Evidence, fail


@check(
    "code.elsewhere",
    title="Does loading the model run code that is not part of it?",
    severity=8.5,
    remedy="Do not load it with remote code allowed. Ask the publisher to ship the code with the model, so that one digest covers both.",
    references=("CWE-829", "CWE-494"),
)
def code_elsewhere(references: tuple[CodeReference, ...], artifacts: tuple[Artifact, ...]) -> Iterator[Answer]:
    """A config can name code in another repository, or a callable of an installed library.

    Code elsewhere can change after the audit and is covered by no digest of this model. A reference that resolves
    to no file here is reported too: a loader either fails on it or finds something else by that name.
    """
    paths = {artifact.path for artifact in artifacts}
    for reference in references:
        folder = reference.artifact.rpartition("/")[0]
        local = f"{folder}/{reference.module}" if folder else reference.module
        place = Evidence(reference.artifact, reference.target, pointer=reference.pointer, name=reference.target)
        if reference.repository is not None:
            yield fail(
                f"{reference.artifact} {reference.pointer} loads code from another repository: {reference.target}",
                place,
            )
        elif local not in paths:
            yield fail(
                f"{reference.artifact} {reference.pointer} names code that is not in the model: {reference.target}",
                place,
            )
