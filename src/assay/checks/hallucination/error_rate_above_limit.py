"""Is it wrong more often than the policy allows?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.hallucination._rate import rate
from assay.facts.calibration import Calibration, NotRun
from assay.facts.finding import Answer, fail, passed, unknown
from assay.facts.interval import needed, wilson
from assay.facts.limit import ErrorRateLimit

_RUN = "Run it on questions whose answers you know: `assay audit MODEL --pack FILE`, or --run for general knowledge."


@check(
    "error-rate.above-limit",
    title="Is it wrong more often than the policy allows?",
    severity=7.0,
    remedy=(
        "Do not let it answer such questions alone: give it the documents, check its answers against a source, or let "
        "it answer only below the score of a guarantee (`assay calibrate`). A policy sets the limit."
    ),
)
def error_rate_above_limit(
    limit: ErrorRateLimit, risks: tuple[Calibration, ...], attempts: tuple[NotRun, ...]
) -> Iterator[Answer]:
    """A policy may set the largest share of wrong answers: `error-rate = 0.2` under `[limit]`.

    Counted is the 95 % interval of the share (Wilson), not the share itself: the limit is kept where the upper end of
    the interval lies at or below it, and broken where the lower end lies above. Between the two nothing is shown either
    way, and the answer stays open, as it does where the model was not run. A policy that sets a limit blocks what
    breaks it and requires an answer. The rate speaks for questions like those asked: who audits chooses them, and the
    dossier holds their name and digest.
    """
    allowed = f"{100 * limit.most:.4g} %"
    for risk in risks:
        low, high = wilson(risk.errors, risk.count)
        if high <= limit.most:
            yield passed(f"at most {allowed} wrong, as the policy wants: {rate(risk)}")
        elif low > limit.most:
            yield fail(f"wrong more often than the {allowed} that the policy allows: {rate(risk)}")
        else:
            yield unknown(f"not shown to be at most {allowed} wrong: {rate(risk)}", remedy=_more(risk, limit.most))
    if not risks:
        why = f"could not be run: {attempts[0].reason}" if attempts else "was not run"
        yield unknown(f"the policy allows at most {allowed} wrong answers, and the model {why}", remedy=_RUN)


def _more(risk: Calibration, most: float) -> str:
    count = needed(risk.errors / risk.count, most)
    if count is None:
        return "Ask more questions: they decide on which side of the limit it lies."
    return f"Ask more questions: with its present share of wrong answers about {count:,} show it."
