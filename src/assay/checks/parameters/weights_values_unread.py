"""Were values of the weights left unread?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, passed, unknown
from assay.facts.structure import Aspect
from assay.facts.tensor import WeightIndex
from assay.facts.values import TensorSummary, UnreadValues


@check(
    "weights.values-unread",
    title="Were values of the weights left unread?",
    severity=3.0,
    remedy="Convert the tensors to a type that assay reads, or compare the file's digest with a copy that you trust.",
    aspects=(Aspect.VALUES,),
)
def weights_values_unread(
    indexes: tuple[WeightIndex, ...], summaries: tuple[TensorSummary, ...], unread: tuple[UnreadValues, ...]
) -> Iterator[Answer]:
    """Names and shapes can be right while the numbers are broken, pruned, merged or hidden in.

    Every value of every tensor is summarised while its file is hashed. A tensor in a type that assay does not read, one
    that shares bytes with another, or one that is not stored in one piece keeps this question open, by name.
    """
    if not any(index.tensors or index.unread for index in indexes):
        return
    for (artifact, reason), count in sorted(Counter((row.artifact, row.reason) for row in unread).items()):
        names = [row.name for row in unread if (row.artifact, row.reason) == (artifact, reason)][:50]
        yield unknown(
            f"{artifact}: the values of {count:,} tensor{'s' if count > 1 else ''} were not read: {reason}",
            *(Evidence(artifact, name=name) for name in names),
        )
    if not summaries and not unread:
        yield unknown(
            "the values of the weights were hashed and not examined: neither native kernels nor numpy are here",
            remedy="Install numpy or openassay-native (`assay doctor` says what is here), and audit again.",
        )
    elif not unread:
        values = sum(row.values for row in summaries)
        yield passed(
            f"{values:,} values in {len(summaries):,} tensor{'s' if len(summaries) > 1 else ''} were read, every one"
        )
