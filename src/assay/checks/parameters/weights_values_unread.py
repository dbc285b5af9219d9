"""Were the values of the weights left unread?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, unknown
from assay.facts.tensor import WeightIndex, weight_sets


@check(
    "weights.values-unread",
    title="Were the values of the weights left unread?",
    severity=2.0,
    remedy="Compare the digests with those of a copy that you trust. This version of assay reads names, types, shapes and places of tensors, not their values.",
)
def weights_values_unread(indexes: tuple[WeightIndex, ...]) -> Iterator[Answer]:
    """Names and shapes can be right while the numbers are broken, pruned, merged or hidden in.

    Every byte of the weights was hashed. Their values were not examined: not-a-number, dead rows, differences from
    the base and payloads in low bits are not known.
    """
    if weight_sets(indexes):
        yield unknown("the values of the weights were hashed and not examined")
