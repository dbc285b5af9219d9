"""Does the publisher state no evaluation results?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, passed, review, unknown
from assay.facts.heading import Topic
from assay.facts.model import Model


@check(
    "evaluation.undeclared",
    title="Does the publisher state no evaluation results?",
    severity=3.0,
    remedy="Measure the error rate on questions like yours before relying on answers; ask the publisher for results "
    "with data set, metric and version.",
    references=("MOF 1.0: evaluation results", "EU AI Act Annex XI"),
)
def evaluation_undeclared(model: Model) -> Iterator[Answer]:
    """Without any stated result nobody outside knows how often the model is right.

    Results in the card's `model-index` count, with data set and metric; a table, or a sentence with a score, counts as
    stated, for a person to read. A section without a number states no result, though it may show a picture of one.
    Stated results are claims: assay has not repeated them.
    """
    card = model.card
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
    headed = model.sections(Topic.EVALUATION, least=0)
    numbered = tuple(row for row in headed if row.figures)
    said = card.stated("result_in_prose")
    if numbered or said:
        yield review(
            "results are stated in prose only, not in model-index where tools can compare them",
            *model.section_places(numbered[:10]),
            *(Evidence(card.artifact, row.text, line=row.line, name=row.key) for row in said[:10]),
        )
        return
    if headed:
        yield unknown(
            f"{card.artifact} has a section on evaluation without a number in it", *model.section_places(headed[:10])
        )
        return
    yield unknown(
        f"{card.artifact} states no evaluation results",
        Evidence(card.artifact, "no model-index, no section about evaluation"),
    )
