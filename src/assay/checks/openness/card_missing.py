"""Does the model come without a model card?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks._card import EVALUATION, LIMITATION, TRAINING_DATA, root_card, sections
from assay.facts.finding import Answer, Evidence, passed, review, unknown
from assay.facts.text import ModelCard

LEAST_WORDS = 150


@check(
    "card.missing",
    title="Does the model come without a model card?",
    severity=3.0,
    remedy="Ask the publisher for a README.md with intended use, training data, evaluation and limitations.",
    references=("Mitchell et al. 2019", "MOF 1.0: model card", "EU AI Act Article 53(1)(b)"),
)
def card_missing(cards: tuple[ModelCard, ...]) -> Iterator[Answer]:
    """The card is where a publisher says what a model is, what it is for and what it is not.

    A card of fewer than 150 words, or with no section about data, evaluation or limitations, is for review.
    """
    card = root_card(cards)
    if card is None:
        yield unknown("no model card is among the files")
        return
    covered = [
        word
        for word, subject in (("data", TRAINING_DATA), ("evaluation", EVALUATION), ("limitations", LIMITATION))
        if sections(card, subject)
    ]
    place = Evidence(card.artifact, f"{card.words:,} words, {len(card.sections)} sections", line=1)
    if card.words < LEAST_WORDS or not covered:
        yield review(
            f"{card.artifact} is thin: {card.words:,} words, sections about {', '.join(covered) or 'none of data, evaluation, limitations'}",
            place,
        )
    else:
        yield passed(f"{card.artifact}: {card.words:,} words, sections about {', '.join(covered)}", place)
