"""Are there weights that are no numbers?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, fail, informational, review
from assay.facts.structure import Aspect
from assay.facts.tensor import WeightIndex, mixed
from assay.facts.values import TensorSummary

MASK = 4  # kinds of values that a mask has: minus infinity, zero, perhaps one and infinity


@check(
    "weights.not-finite",
    title="Are there weights that are no numbers?",
    severity=6.0,
    remedy=(
        "Do not use the file: one such value makes every output of the model meaningless. Ask for a sound conversion."
    ),
    references=("CWE-1287",),
    aspects=(Aspect.VALUES,),
)
def weights_not_finite(summary: TensorSummary, indexes: tuple[WeightIndex, ...]) -> Iterator[Answer]:
    """One NaN or infinity spreads through every layer after it, and the model answers nonsense or nothing.

    Broken conversions ship such files. Every value is looked at, and for block formats every scale, because one bad
    scale makes its whole block not a number. Graphs (ONNX, TensorFlow Lite, OpenVINO) hold masks of minus infinity and
    zero as constants, which are told and no defect; so do checkpoints under the name of a mask (`masked_bias`, which is
    -1e9 and in float16 minus infinity); so may arrays in pickled objects, such as the results of a search.
    """
    place = Evidence(summary.artifact, name=summary.name)
    if summary.scales_not_finite:
        yield fail(f"{summary.name}: {summary.scales_not_finite:,} block scales are NaN or infinite", place)
    elif (summary.nans or summary.infinities) and summary.artifact in _objects(indexes):
        said = f"{summary.name}: {summary.nans:,} NaN and {summary.infinities:,} infinite of {summary.values:,} values"
        yield review(f"{said} in a pickled object, where they may be meant", place)
    elif _constant(summary) and (summary.artifact in mixed(indexes) or _mask(summary)):
        said = (
            f"{summary.name}: {summary.infinities:,} of {summary.values:,} values are infinite, as in a mask or a bound"
        )
        yield (
            review(f"{summary.name}: a constant of the graph is NaN", place)
            if summary.nans
            else informational(said, place)
        )
    elif summary.nans or summary.infinities:
        parts = [f"{summary.nans:,} NaN"] if summary.nans else []
        parts += [f"{summary.infinities:,} infinite"] if summary.infinities else []
        yield fail(f"{summary.name}: {' and '.join(parts)} of {summary.values:,} values", place)


def _objects(indexes: tuple[WeightIndex, ...]) -> frozenset[str]:
    return frozenset(index.artifact for index in indexes if index.kind == "pickle")


def _mask(summary: TensorSummary) -> bool:
    """Whether a checkpoint names it as a mask, which a loader works out by itself."""
    return not summary.nans and "mask" in re.split(r"[./|]", summary.name)[-1]


def _constant(summary: TensorSummary) -> bool:
    """Whether values that are not finite may be meant so: a NaN alone, a bound, a mask."""
    if summary.nans:
        return not summary.shape
    return summary.infinities > 0 and (len(summary.shape) < 2 or summary.distinct <= MASK)
