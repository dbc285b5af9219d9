"""Does the publisher state no evaluation results?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks._card import EVALUATION, root_card, sections
from assay.facts.finding import Answer, Evidence, passed, review, unknown
from assay.facts.text import ModelCard


@check(
    "evaluation.undeclared",
    title="Does the publisher state no evaluation results?",
    severity=3.0,
    remedy="Measure the error rate on questions like yours before relying on answers; ask the publisher for results with data set, metric and version.",
    references=("MOF 1.0: evaluation results", "EU AI Act Annex XI"),
)
def evaluation_undeclared(cards: tuple[ModelCard, ...]) -> Iterator[Answer]:
    """Without any stated result nobody outside knows how often the model is right.

    Results in the card's `model-index` count, with data set and metric; a section of prose or a table counts as
    stated, for a person to read. Stated results are claims: assay has not repeated them.
    """
    card = root_card(cards)
    if card is None:
        yield unknown("no model card, so no evaluation results are stated")
        return
    results = card.stated("result")
    if results:
        yield passed(
            f"{len(results):,} results stated in model-index",
            *(Evidence(card.artifact, claim.text, line=claim.line, name=claim.text) for claim in results[:50]),
        )
        return
    prose = sections(card, EVALUATION)
    if prose:
        yield review(
            "results are stated in prose only, not in model-index where tools can compare them",
            *(Evidence(card.artifact, section.title, line=section.line, name=section.title) for section in prose[:10]),
        )
        return
    yield unknown(
        f"{card.artifact} states no evaluation results",
        Evidence(card.artifact, "no model-index, no section about evaluation"),
    )
