"""Was the rate of invented answers left unmeasured?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.hallucination._rate import rate
from assay.facts.artifact import Artifact
from assay.facts.calibration import Calibration, NotRun
from assay.facts.finding import Answer, passed, unknown


@check(
    "error-rate.unmeasured",
    title="Was the rate of invented answers left unmeasured?",
    severity=2.0,
    remedy=(
        "Run the model on questions whose answers you know, in your domain, before relying on it: "
        "`assay audit MODEL --pack FILE`, or --run for general knowledge."
    ),
)
def error_rate_unmeasured(
    artifacts: tuple[Artifact, ...], risks: tuple[Calibration, ...], attempts: tuple[NotRun, ...]
) -> Iterator[Answer]:
    """How often a model hallucinates cannot be read from its files.

    It takes running it on labelled questions (`--run`, `--pack FILE`). Where that was not done the rate is not known,
    whatever the card says. A rate that was measured speaks for questions like those that were asked, and is no pass
    mark: whether it is low enough is the user's decision.
    """
    for risk in risks:
        yield passed(f"measured: {rate(risk)}")
    for attempt in attempts:
        yield unknown(f"the model could not be run, so its error rate is not known: {attempt.reason}")
    if not risks and not attempts:
        yield unknown("the model was not run, so its error rate is not known")
