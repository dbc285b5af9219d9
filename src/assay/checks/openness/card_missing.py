"""Does the model come without a model card?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, passed, review, unknown
from assay.facts.heading import Topic
from assay.facts.model import LEAST_CARD, Model


@check(
    "card.missing",
    title="Does the model come without a model card?",
    severity=3.0,
    remedy="Ask the publisher for a README.md with intended use, training data, evaluation and limitations.",
    references=("Mitchell et al. 2019", "MOF 1.0: model card", "EU AI Act Article 53(1)(b)"),
)
def card_missing(model: Model) -> Iterator[Answer]:
    """The card is where a publisher says what a model is, what it is for and what it is not.

    A card of fewer than 150 words, or with no section about data, evaluation or limitations, is for review.
    """
    card = model.card
    if card is None:
        yield unknown("no model card is among the files")
        return
    stated = [str(topic) for topic in (Topic.DATA, Topic.EVALUATION) if model.sections(topic)]
    covered = ", ".join([*stated, *([str(Topic.LIMITATION)] if model.limits() else [])])
    place = Evidence(card.artifact, f"{card.words:,} words, {len(card.sections)} sections")
    about = f"{card.words:,} words, it speaks of {covered or 'none of data, evaluation, limitations'}"
    if card.words < LEAST_CARD or not covered:
        yield review(f"{card.artifact} is thin: {about}", place)
    else:
        yield passed(f"{card.artifact}: {about}", place)
