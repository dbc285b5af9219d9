"""Does the publisher say nothing about where the model fails?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, passed, unknown
from assay.facts.heading import Topic
from assay.facts.model import Model


@check(
    "limitation.undeclared",
    title="Does the publisher say nothing about where the model fails?",
    severity=2.5,
    remedy="Assume that the model invents facts in every domain until measured in yours.",
    references=("EU AI Act Article 53(1)(b)",),
)
def limitation_undeclared(model: Model) -> Iterator[Answer]:
    """A publisher who tested a model knows where it makes things up.

    Looked for is a section of the card about limitations, bias, risks or factuality with at least 15 words of its own.
    Heuristic on headings in sixteen languages; a card in another one, or one without headings, may state them unseen.
    """
    card = model.card
    if card is None:
        yield unknown("no model card, so no limitations are stated")
        return
    found = model.sections(Topic.LIMITATION, Topic.RISK)
    if found:
        yield passed(
            f"stated in {len(found):,} section{'s' if len(found) > 1 else ''} of {card.artifact}",
            *model.section_places(found[:10]),
        )
    else:
        yield unknown(
            f"{card.artifact} has no section about limitations",
            Evidence(card.artifact, f"{len(card.sections)} sections"),
        )
