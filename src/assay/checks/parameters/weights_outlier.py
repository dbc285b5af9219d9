"""Does a tensor stand out from its siblings in other layers?"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, informational, review
from assay.facts.role import placed
from assay.facts.structure import Aspect
from assay.facts.tensor import WeightIndex, mixed
from assay.facts.values import TensorSummary, median

VECTOR = 100.0  # times the median size of the siblings of a norm, or a hundredth: beyond what sound models have
LEAST_SIBLINGS = 2
FACTOR = 3.0  # times the median of the siblings, or a third of it
CHANNEL = 100.0  # times the median column energy


@check(
    "weights.outlier",
    title="Does a tensor stand out from its siblings in other layers?",
    severity=1.0,
    remedy=(
        "Look at the layer in the map of the report. First and last layers often differ; one in the middle seldom does."
    ),
    aspects=(Aspect.VALUES,),
)
def weights_outlier(summaries: tuple[TensorSummary, ...], indexes: tuple[WeightIndex, ...]) -> Iterator[Answer]:
    """Layers of one role resemble each other; one that does not may have been edited, merged in, or damaged.

    A matrix whose standard deviation is three times that of the median of its role, or a third, is named; so are
    columns with a hundred times the median energy, the outlier channels that make quantisation hard. Both are
    common in sound models: this is for looking, not for judging. A norm a hundred times the size of the others of its
    role is for review. Graphs and pickled objects, which name no
    roles, are left out.
    """
    computing = mixed(indexes)
    summaries = tuple(row for row in summaries if row.artifact not in computing)
    roles: dict[tuple[str, str], list[TensorSummary]] = defaultdict(list)
    for row in summaries:
        place = placed(row.name)
        if place.layer is not None and len(row.shape) > 1 and row.deviation:
            roles[row.artifact.rpartition("/")[0] + row.artifact.rpartition(".")[2], place.role].append(row)
    yield from _vectors(summaries)
    odd = []
    for (_, role), rows in sorted(roles.items()):
        middle = median(row.deviation or 0.0 for row in rows)
        odd += [
            (role, row, (row.deviation or 0.0) / middle)
            for row in rows
            if abs(math.log((row.deviation or 1.0) / middle)) > math.log(FACTOR)
        ]
    if odd:
        shown = ", ".join(f"{row.name} {ratio:.2g}x" for _, row, ratio in odd[:4])
        yield informational(
            f"{len(odd):,} {'matrix differs' if len(odd) == 1 else 'matrices differ'} "
            f"{FACTOR:g}-fold or more in scale from the median of their role: {shown}",
            *(
                Evidence(row.artifact, f"{ratio:.2g} times the median of role {role}", name=row.name)
                for role, row, ratio in odd[:50]
            ),
        )
    loud = [(peak, row) for row in summaries if row.columns for peak in row.columns.peaks if peak.ratio >= CHANNEL]
    if loud:
        columns = {peak.place for peak, _ in loud}
        yield informational(
            f"{len(loud):,} outlier channels with {CHANNEL:g} times "
            f"the median energy or more, at {len(columns):,} columns",
            *(
                Evidence(row.artifact, f"column {peak.place}, {peak.ratio:.0f} times the median", name=row.name)
                for peak, row in loud[:50]
            ),
        )


def _vectors(summaries: tuple[TensorSummary, ...]) -> Iterator[Answer]:
    """Norms of a size that no sibling in another layer has."""
    roles: dict[tuple[str, str], list[tuple[float, TensorSummary]]] = defaultdict(list)
    for row in summaries:
        place = placed(row.name)
        if place.layer is not None and len(row.shape) == 1 and place.kind == "weight" and "norm" in place.role:
            size = math.hypot(row.mean or 0.0, row.deviation or 0.0)
            if size > 0:
                roles[row.artifact.rpartition("/")[0] + row.artifact.rpartition(".")[2], place.role].append((size, row))
    for (_, role), rows in sorted(roles.items()):
        if len(rows) < LEAST_SIBLINGS:
            continue
        for size, row in rows:
            ratio = size / median(other for other, found in rows if found is not row)
            if ratio >= VECTOR or (ratio <= 1 / VECTOR and len(rows) > LEAST_SIBLINGS):
                yield review(
                    f"{row.name}: its values are {ratio:.3g} times those of the other {role} tensors",
                    Evidence(row.artifact, f"root mean square {size:.4g}", name=row.name),
                )
