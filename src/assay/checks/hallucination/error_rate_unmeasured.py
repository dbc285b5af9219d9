"""Was the rate of invented answers left unmeasured?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.artifact import Artifact
from assay.facts.finding import Answer, unknown


@check(
    "error-rate.unmeasured",
    title="Was the rate of invented answers left unmeasured?",
    severity=2.0,
    remedy="Run the model on questions whose answers you know, in your domain, before relying on it. This version of assay examines files and does not run models.",
)
def error_rate_unmeasured(artifacts: tuple[Artifact, ...]) -> Iterator[Answer]:
    """How often a model makes things up cannot be read from its files.

    It takes running it on labelled questions. This audit did not, so the rate is not known, whatever the card says.
    """
    if artifacts:
        yield unknown("the model was not run, so its error rate is not known")
