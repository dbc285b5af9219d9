"""Does the publisher say nothing about where the model fails?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, passed, unknown
from assay.facts.model import Model
from assay.text.many import many


@check(
    "limitation.undeclared",
    title="Does the publisher say nothing about where the model fails?",
    severity=2.5,
    remedy="Assume that the model invents facts in every domain until measured in yours.",
    references=("EU AI Act Article 53(1)(b)",),
)
def limitation_undeclared(model: Model) -> Iterator[Answer]:
    """A publisher who tested a model knows where it makes things up.

    Looked for is a section of the card about limitations, bias, risks or factuality with at least 15 words of its own;
    of one called "Intended uses & limitations" a sentence has to limit something. Else a sentence anywhere that says
    what the model cannot do. Heuristic on headings in sixteen languages and sentences in English.
    """
    card = model.card
    if card is None:
        yield unknown("no model card, so no limitations are stated")
        return
    found = model.limits()
    if found:
        yield passed(f"stated in {many(len(found), 'place')} of {card.artifact}", *found[:10])
    else:
        yield unknown(
            f"{card.artifact} says nothing about limitations", Evidence(card.artifact, f"{len(card.sections)} sections")
        )
