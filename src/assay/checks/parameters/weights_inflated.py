"""Are weights stored in a wider type than their values need?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, review
from assay.facts.structure import Aspect
from assay.facts.tensor import WeightIndex, mixed, of_trainer
from assay.facts.values import TensorSummary

LEAST = 1024  # values below which round numbers, such as norms of 1.0, say nothing


@check(
    "weights.inflated",
    title="Are weights stored in a wider type than their values need?",
    severity=2.5,
    remedy="Treat the model as one of the narrower type: the extra bits are zeros and carry no precision.",
    aspects=(Aspect.VALUES,),
)
def weights_inflated(summaries: tuple[TensorSummary, ...], indexes: tuple[WeightIndex, ...]) -> Iterator[Answer]:
    """A float32 file whose low bits are all zero was made from a 16-bit one: the precision it shows is not there.

    Every value of the tensor is representable in the narrower type. The file could be half as large. Of a graph, whose
    tables are often of round numbers, it is said where half of its values are such.
    """
    wide = [
        row
        for row in summaries
        if row.dtype == "F32" and row.values >= LEAST and not row.mask and not of_trainer(row.name)
    ]
    tables = {artifact for artifact in mixed(indexes) if not _mostly([row for row in wide if row.artifact == artifact])}
    found = [row for row in wide if row.narrower and row.artifact not in tables]
    kinds = Counter(row.narrower for row in found)
    for narrow, count in sorted((str(kind), count) for kind, count in kinds.items()):
        mine = [row for row in found if row.narrower == narrow]
        values = sum(row.values for row in mine)
        yield review(
            f"{count:,} of {len(wide):,} F32 tensors ({values:,} values) "
            f"hold {narrow} values: the low bits are zero in every one",
            *(Evidence(row.artifact, name=row.name) for row in mine[:50]),
        )


def _mostly(rows: list[TensorSummary]) -> bool:
    return 2 * sum(row.values for row in rows if row.narrower) >= sum(row.values for row in rows)
