"""What kind of subject was given: what a policy requires, and which questions apply, depends on it."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.dossier import ENDPOINTS
from assay.facts.nature import Nature, SubjectKind, nature
from assay.measures import Cost, Material, Measure


def run(material: Material) -> Iterator[Nature]:
    """The one kind."""
    if material.walk.reference.startswith(ENDPOINTS):
        yield Nature(SubjectKind.LANGUAGE_MODEL, "it answers behind an endpoint")
        return
    for model in material.all("Model")[-1:]:
        yield nature(model, material.facts)


MEASURE = Measure("nature", ("Model", "Tokenizer"), ("Nature",), Cost.HEADER, run, reported=True)
