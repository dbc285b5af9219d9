"""Does the licence restrict who may use the model, or for what?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.openness._licence import place, read_as
from assay.facts.finding import Answer, Kind, passed, review, unknown
from assay.facts.model import Model
from assay.licence.statement import declared
from assay.licence.term import is_open, restrictions


@check(
    "licence.restricted",
    title="Does the licence restrict who may use the model, or for what?",
    severity=4.0,
    remedy="Have the named restrictions checked against your use before adopting the model.",
    references=("OSAID 1.0", "EU AI Act guidelines C(2025) 5045, paragraphs 83 and 84"),
)
def licence_restricted(model: Model) -> Iterator[Answer]:
    """Open weights are not always free to use.

    Restrictions are those that the licence's family is known for: commercial use, user numbers, behaviour, naming,
    territory. Open is what the Open Source Initiative or the Free Software Foundation lists, or the open-data licences
    that the Model Openness Framework counts. This is a pointer for a person who reads the licence, no legal advice; a
    licence that assay does not know is open.
    """
    names = [(artifact, claim.text, claim.line) for artifact, claim in declared(model.stated)]
    names += [(text.artifact, id, 1) for text in model.licence_texts for id in text.identified]
    if not names:
        yield Answer(Kind.NOT_APPLICABLE, "no licence is stated")
        return
    for name in sorted({name for _, name, _ in names}):
        artifact, _, line = next(row for row in names if row[1] == name)
        where = place(artifact, name, line, name)
        withheld = restrictions(name)
        if is_open(name):
            terms = f" ({', '.join(withheld)})" if withheld else ""
            yield passed(f"{name} is listed as open{read_as(name)}{terms}", where)
        elif withheld:
            yield review(f"{name}: {', '.join(withheld)}", where)
        else:
            yield unknown(f"the terms of {name!r} are not known to assay", where)
