"""What the matrices that write to the residual stream have in common: marks of ablation and of shared edits."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import InputError
from assay.facts.tensor import weight_sets
from assay.facts.values import Directions
from assay.measures import Cost, Material, Measure


def run(material: Material) -> Iterator[Directions]:
    """The directions of the first copy of the model, where that is quick or `hints` were asked for."""
    sets = weight_sets(material.all("WeightIndex"))
    if not sets or sets[0].naming == "own" or not material.all("TensorSummary"):
        return
    from assay.weights import tensors
    from assay.weights.directions import MOST_HIDDEN, QUICK_HIDDEN, directions

    try:
        named = {found.name: found for _, found in tensors(material.walk, sets[0].indexes, material.progress)}
        found = directions(named, MOST_HIDDEN if material.request.hints else QUICK_HIDDEN)
    except InputError as cause:
        found = Directions(sets[0].indexes[0].artifact, 0, 0, 1.0, 0.0, 0, str(cause))
    if found is not None:
        yield found


MEASURE = Measure("directions", ("WeightIndex", "TensorSummary"), ("Directions",), Cost.WEIGHTS, run)
