"""Are there weights that are no numbers?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, fail
from assay.facts.values import TensorSummary


@check(
    "weights.not-finite",
    title="Are there weights that are no numbers?",
    severity=6.0,
    remedy=(
        "Do not use the file: one such value makes every output of the model meaningless. Ask for a sound conversion."
    ),
    references=("CWE-1287",),
)
def weights_not_finite(summary: TensorSummary) -> Iterator[Answer]:
    """One NaN or infinity spreads through every layer after it, and the model answers nonsense or nothing.

    Broken conversions ship such files. Every value is looked at, and for block formats every scale, because one bad
    scale makes its whole block not a number.
    """
    place = Evidence(summary.artifact, name=summary.name)
    if summary.scales_not_finite:
        yield fail(f"{summary.name}: {summary.scales_not_finite:,} block scales are NaN or infinite", place)
    elif summary.nans or summary.infinities:
        parts = [f"{summary.nans:,} NaN"] if summary.nans else []
        parts += [f"{summary.infinities:,} infinite"] if summary.infinities else []
        yield fail(f"{summary.name}: {' and '.join(parts)} of {summary.values:,} values", place)
