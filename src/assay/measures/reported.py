"""What other tools reported of the model: the files that were given, as they were read."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.reported import Reported
from assay.measures import Cost, Material, Measure


def run(material: Material) -> Iterator[Reported]:
    """Each report."""
    yield from material.request.reported


MEASURE = Measure("reported", (), ("Reported",), Cost.HEADER, run, given="reported", reported=True)
