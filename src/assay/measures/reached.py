"""Which files that signatures leave out are opened all the same, because another file of the model names them."""

from __future__ import annotations

from collections.abc import Iterable

from assay.facts.artifact import Standing, lies_in
from assay.facts.structure import Reached
from assay.measures import Cost, Material, Measure
from assay.subject import reach


def reached(material: Material, left_out: Iterable[str]) -> tuple[Reached, ...]:
    """Those of these files that are opened."""
    wanted = reach.as_listed(material.walk, left_out)
    for row in material.artifacts:
        if row.path in wanted:
            inert = row.standing is Standing.INERT and row.format != reach.DATA
            wanted[row.path] = reach.INERT if inert else row.format
    return reach.reached(wanted, (fact for rows in material.facts.values() for fact in rows))


def run(material: Material) -> Iterable[Reached]:
    """What signatures leave out as the OpenSSF reference tool does, and a file of the model names."""
    outside = [row.path for row in material.artifacts if lies_in(row.path, material.walk.excluded)]
    return reached(material, outside)


MEASURE = Measure("reached", (), ("Reached",), Cost.HEADER, run)
