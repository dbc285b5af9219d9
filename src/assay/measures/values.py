"""Every value of every tensor in numbers: moments, histogram, rows, columns, low bits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay import kernels
from assay.facts.measured import NotMeasured
from assay.facts.tensor import WeightIndex
from assay.measures import Cost, Feed, Material, Measure

GIVES = ("TensorSummary", "UnreadValues")


def begin(material: Material) -> Mapping[str, Feed]:
    """A pass over each file that has tensors, if there are kernels to compute it with."""
    indexes: dict[str, list[WeightIndex]] = {}
    for index in material.all("WeightIndex"):
        if index.tensors or index.unread:
            indexes.setdefault(index.artifact, []).append(index)
    if not indexes or kernels.name() == "none":
        return {}
    from assay.weights.summaries import feed

    return {artifact: feed(artifact, rows, material.keep) for artifact, rows in indexes.items()}


def run(material: Material) -> Iterator[object]:
    """The reason why no value was read, where there are tensors and no kernels."""
    if kernels.name() == "none" and any(index.tensors for index in material.all("WeightIndex")):
        yield NotMeasured("values", GIVES, "neither native kernels nor numpy are here")


MEASURE = Measure("values", ("WeightIndex",), GIVES, Cost.PASS, run, begin)
