"""Can no error rate be guaranteed?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.calibration import Calibration
from assay.facts.finding import Answer, passed, review


@check(
    "error-rate.uncertified",
    title="Can no error rate be guaranteed?",
    severity=4.0,
    remedy=(
        "Ask more questions like those that the model will meet (--pack), "
        "or do not let it answer alone where errors matter."
    ),
    references=("arXiv:2110.01052",),
)
def error_rate_uncertified(risk: Calibration) -> Iterator[Answer]:
    """A model that is often wrong is still of use if its uncertainty says when: let it answer only below a threshold.

    A guarantee says that with 95 % probability over the questions asked at most a share of the answers below the
    threshold is wrong, for questions like these (learn-then-test, exact binomial tests). Where no threshold keeps
    errors at half or less, this is for review: the sample is too small, the model too often wrong, or its uncertainty
    does not discriminate.
    """
    held = [row for row in risk.promises if row.threshold is not None]
    if held:
        first = held[0]
        yield passed(
            f"at most {100 * first.alpha:.0f} % wrong can be guaranteed while "
            f"{100 * first.answered:.0f} % of questions are answered "
            f"({risk.score} up to {first.threshold:.3f}, {first.errors} of {first.count} wrong here)"
        )
    else:
        loosest = max(row.alpha for row in risk.promises)
        yield review(
            f"no threshold keeps errors at {100 * loosest:.0f} % or less: "
            f"{risk.errors:,} of {risk.count:,} answers are wrong, so an error rate cannot be certified"
        )
