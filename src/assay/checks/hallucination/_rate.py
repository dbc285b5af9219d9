"""An error rate in words."""

from __future__ import annotations

from assay.facts.calibration import Calibration
from assay.facts.interval import wilson


def rate(risk: Calibration) -> str:
    """How many answers were wrong, the interval of the share, and of which questions."""
    low, high = wilson(risk.errors, risk.count)
    return (
        f"{risk.errors:,} of {risk.count:,} answers wrong ({100 * risk.errors / risk.count:.1f} %, "
        f"95 % interval {100 * low:.1f} to {100 * high:.1f} %; a guess that gives each topic's commonest answer: "
        f"{100 * risk.guessing:.1f} %), questions of {risk.pack}"
    )
