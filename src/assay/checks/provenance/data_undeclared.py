"""Does the publisher not say what the model was trained on?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, passed, review, unknown
from assay.facts.heading import Topic
from assay.facts.model import Model


@check(
    "data.undeclared",
    title="Does the publisher not say what the model was trained on?",
    severity=4.0,
    remedy="Ask the publisher for the data sets with versions and licences. EU providers of general-purpose models owe "
    "a public summary of training content.",
    references=("EU AI Act Article 53(1)(d)", "MOF 1.0: datasets, data card"),
)
def data_undeclared(model: Model) -> Iterator[Answer]:
    """Without named data nobody can check licences, privacy, contamination or origin.

    Data sets named in the card's front matter, in its prose ("trained on the X dataset", a link to one) or in
    GGUF metadata count as declared. Prose that names none is for review: no tool can follow it. A sentence that
    denies or withholds is not a declaration. Declared is not shown: that the named data was used is a claim.
    """
    card, named = model.card, model.stated("datasets")
    if named:
        yield passed(
            f"{len(named):,} data sets named: {', '.join(claim.text for _, claim in named[:5])}",
            *(
                Evidence(artifact, claim.text, line=claim.line or None, name=claim.text)
                for artifact, claim in named[:100]
            ),
        )
        return
    if card is None:
        yield unknown("no model card and no metadata say what the model was trained on")
        return
    denied, prose = model.denials(Topic.DATA), model.sections(Topic.DATA)
    if prose:
        yield review(
            "training data is described in prose only, without names that a tool can follow",
            *model.section_places(prose[:10]),
        )
    elif denied:
        yield unknown(
            f"{card.artifact} says that the training data is not stated",
            Evidence(card.artifact, denied[0].title, line=denied[0].denial, name=denied[0].title),
        )
    else:
        yield unknown(
            f"{card.artifact} does not say what the model was trained on",
            Evidence(card.artifact, "no datasets, no section about training data"),
        )
