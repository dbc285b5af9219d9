"""Is it sure of answers that are wrong?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.calibration import Calibration
from assay.facts.finding import Answer, Evidence, passed, review
from assay.facts.interval import wilson

SUREST = 0.1  # share of the answers
ACCEPTED = 0.1  # share of errors among them


@check(
    "error.confident",
    title="Is it sure of answers that are wrong?",
    severity=5.0,
    remedy=(
        "Read the answers listed: they are errors that the model's own "
        "uncertainty does not show. Check such answers against a source."
    ),
)
def error_confident(risk: Calibration) -> Iterator[Answer]:
    """Errors that the model is sure of are the ones that no threshold catches.

    Looked at is the tenth of the answers with the lowest score. For review if more than a tenth of them is wrong (the
    lower end of the 95 % interval lies above it); the errors that the model was surest of are listed in any case.
    """
    share, errors = _surest(risk)
    low, _ = wilson(errors, share)
    places = tuple(
        Evidence(
            f"questions of {risk.pack}",
            f"{row.asked[-80:]!r} answered {row.text[:60]!r}, not {', '.join(row.accepted)[:60]!r}",
            name=row.id,
        )
        for row in risk.confident_errors[:10]
    )
    said = f"{errors:,} of the {share:,} surest answers are wrong"
    if low > ACCEPTED:
        yield review(f"{said} ({risk.score}, questions of {risk.pack})", *places)
    else:
        yield passed(said, *places)


def _surest(risk: Calibration) -> tuple[int, int]:
    """(answers, errors among them) of the surest tenth."""
    count = max(1, round(risk.count * SUREST))
    point = min(risk.coverage, key=lambda row: abs(row.x - count / risk.count))
    return round(point.x * risk.count), round(point.x * risk.count * point.y)
