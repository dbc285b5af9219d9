"""Does the publisher say nothing about where the model fails?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks._card import LIMITATION, root_card, sections
from assay.facts.finding import Answer, Evidence, passed, unknown
from assay.facts.text import ModelCard


@check(
    "limitation.undeclared",
    title="Does the publisher say nothing about where the model fails?",
    severity=2.5,
    remedy="Assume that the model invents facts in every domain until measured in yours.",
    references=("EU AI Act Article 53(1)(b)",),
)
def limitation_undeclared(cards: tuple[ModelCard, ...]) -> Iterator[Answer]:
    """A publisher who tested a model knows where it makes things up.

    Looked for is a section of the card about limitations, bias, risks or factuality with at least 15 words of its own.
    Heuristic on English headings; a card in another language may state them unseen.
    """
    card = root_card(cards)
    if card is None:
        yield unknown("no model card, so no limitations are stated")
        return
    found = sections(card, LIMITATION)
    if found:
        yield passed(
            f"stated in {len(found):,} section{'s' if len(found) > 1 else ''} of {card.artifact}",
            *(Evidence(card.artifact, section.title, line=section.line, name=section.title) for section in found[:10]),
        )
    else:
        yield unknown(
            f"{card.artifact} has no section about limitations",
            Evidence(card.artifact, f"{len(card.sections)} sections"),
        )
