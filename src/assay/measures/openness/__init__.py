"""Openness: what may be said of it from the files of a model, and how other frameworks read the same evidence."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.finding import Evidence
from assay.facts.model import Model
from assay.facts.openness import CLAIMED, COUNTED, OPEN_SOURCE, Openness, Support
from assay.measures import Cost, Material, Measure
from assay.measures.openness.ai_act import ai_act
from assay.measures.openness.classes import classified, next_steps, standings
from assay.measures.openness.components import components
from assay.measures.openness.compute import compute
from assay.measures.openness.g7 import g7
from assay.measures.openness.index import index
from assay.measures.openness.osaid import osaid

RULES = "2026-11-26"  # the day on which the rules last changed: a dossier says by which it was made
MOST_SENTENCES = 2


def openness(model: Model) -> Openness:
    """Components, classes by evidence and by claim, the next steps, the lenses and the card of compute."""
    found = components(model)
    evidence, claim = classified(standings(found, COUNTED)), classified(standings(found, CLAIMED))
    work = compute(model)
    spoken = any(row.support is not Support.ABSENT for row in found)  # of a lone pickle there is nothing to read
    lenses = (osaid(found), index(model, found), ai_act(model, found, work), g7(model, found)) if spoken else ()
    return Openness(RULES, found, evidence, claim, next_steps(found, evidence), _called_open(model), lenses, work)


def _called_open(model: Model) -> tuple[Evidence, ...]:
    """The first sentences of the card that call the model open."""
    card = model.card.artifact if model.card else None
    rows = [row for row in model.mentioned(OPEN_SOURCE) if not row.denies and row.artifact == card]
    return tuple(Evidence(row.artifact, row.sentence, line=row.line) for row in rows[:MOST_SENTENCES])


def run(material: Material) -> Iterator[Openness]:
    """The openness of the model, by its files and by what is said in them."""
    for model in material.all("Model")[-1:]:
        yield openness(model)


MEASURE = Measure("openness", ("Model",), ("Openness",), Cost.HEADER, run, reported=True)
