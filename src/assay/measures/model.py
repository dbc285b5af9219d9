"""The model as one value: what checks, openness and loading look up among the facts of its files."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.model import Model, model_view
from assay.measures import Cost, Material, Measure


def run(material: Material) -> Iterator[Model]:
    """The one view of all files."""
    yield model_view(material.artifacts, material.facts)


MEASURE = Measure("model", ("CorpusRecord",), ("Model",), Cost.HEADER, run)
