"""Is a stretch of a weight file zero that no tensor's shape explains?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.parameters._zeros import Row, holes
from assay.facts.finding import Answer, Evidence, fail
from assay.facts.structure import Aspect
from assay.facts.tensor import WeightIndex
from assay.facts.values import TensorSummary


@check(
    "weights.hole",
    title="Is a stretch of a weight file zero that no tensor's shape explains?",
    severity=6.0,
    remedy="Get the file again and compare its digest with the publisher's: its size is right and its bytes are not.",
    references=("CWE-354",),
    aspects=(Aspect.VALUES,),
    of_bytes=True,
)
def weights_hole(indexes: tuple[WeightIndex, ...], summaries: tuple[TensorSummary, ...]) -> Iterator[Answer]:
    """A download that makes room for the whole file first, and is broken off, leaves zeros where it had not come to.

    The size is right, and every header. Told is a stretch that begins within one tensor, covers all of those that
    follow in the file, and ends within another; its bounds are those of whole rows. One tensor of zeros is for the
    check on weights that hold nothing.
    """
    for index, stretch in holes(indexes, summaries):
        yield _hole(index, stretch[0], stretch[-1], len(stretch) - 2)


def _hole(index: WeightIndex, first: Row, last: Row, between: int) -> Answer:
    start, stop = first[0].stop - _dead_bytes(first), last[0].start + _dead_bytes(last)
    return fail(
        f"{index.artifact}: bytes {start:,} to {stop:,} are zero, from within {first[0].name!r} over {between:,} whole "
        f"{'tensor' if between == 1 else 'tensors'} to within {last[0].name!r}: a hole, as of an interrupted download",
        Evidence(index.artifact, f"{stop - start:,} zero bytes", start=start, stop=stop, name=first[0].name),
    )


def _dead_bytes(row: Row) -> int:
    lines = row[1].rows
    return (row[0].stop - row[0].start) * lines.dead // lines.count if lines else 0
