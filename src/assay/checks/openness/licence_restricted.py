"""Does the licence restrict who may use the model, or for what?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.openness._licence import not_read, own_words, place, places_of, read_as, unlike, withheld
from assay.facts.finding import Answer, Evidence, Kind, passed, review, unknown
from assay.facts.model import Model
from assay.facts.text import LicenceText, Stated
from assay.licence.asked import beyond
from assay.licence.name import named, same
from assay.licence.statement import MOST_DECLARED, declared, in_prose, says_nothing
from assay.licence.tag import short
from assay.licence.term import family, is_open, restrictions

MOST = 8  # places that a finding shows


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
    territory. Open is what the Open Source Initiative or the Free Software Foundation lists, or the open-data
    licences that the Model Openness Framework counts. Where there is a text, it is judged and not the tag; a text
    that is changed or that assay does not know never passes, whatever its title or the tag says. Of such a text it
    is said what its sentences seem to withhold, with lines: no commercial use, research only, users or revenue with
    the number, hosting, fields of use, territories, training on outputs, names to be shown, remote restriction,
    termination, policies, indemnity. Sentences of the card that ask for non-commercial use, research only or a
    licence from some number of users are for review beside the licence, and so is another licence with restrictions
    under which its sentences put the model. That is a heuristic, right as
    `docs/openness.md` measures it. This is a pointer for a person who reads the licence, no legal advice; a licence
    that assay does not know is open.
    """
    lost = tuple(not_read(model))
    yield from lost
    texts = model.licence_texts
    tags = [row for row in declared(model.stated) if not texts or not says_nothing(row[1].text)]
    asked = (*_asked(model, [claim.text for _, claim in tags]), *_beside(model, [claim.text for _, claim in tags]))
    yield from asked
    if tags or texts:
        stated = tuple(_stated(texts, tags))
        yield from (row for row in stated if not asked or row.kind is not Kind.PASS)
    elif not asked and not lost:
        yield Answer(Kind.NOT_APPLICABLE, "no licence is stated")


def _stated(texts: tuple[LicenceText, ...], tags: list[tuple[str, Stated]]) -> Iterator[Answer]:
    said: set[str] = set()
    for text in texts:
        if not text.identified:
            reads = f"; it seems to say: {said_of}" if (said_of := withheld(text)) else ""
            yield review(
                f"{text.artifact} is {unlike(text)}{reads}; a person has to read it", own_words(text), *places_of(text)
            )
            continue
        ids = [id for id in text.identified if id not in said]
        said.update(ids)
        if text.differences:
            yield _changed(text, tuple(ids or text.identified))
        else:
            yield from (_by_text(text, id) for id in ids)
    for artifact, claim in tags:
        name = named(claim.text) or claim.text.strip().lower()
        if name in said or any(same(claim.text, id) for id in said):
            continue
        said.add(name)
        if not texts or restrictions(claim.text) or not is_open(claim.text):
            yield _by_tag(claim.text, place(artifact, claim.text, claim.line, claim.text))


def _asked(model: Model, tags: list[str]) -> Iterator[Answer]:
    """What sentences of the card ask of users that no licence which is stated asks anyway."""
    ids = (*tags, *(id for text in model.licence_texts for id in text.identified))
    rows = beyond(model.card.terms if model.card else (), ids)
    kinds = tuple(dict.fromkeys(row.kind for row in rows))
    if model.card and rows:
        at, names = model.card.artifact, ", ".join(dict.fromkeys(map(short, ids))) or "no licence"
        yield review(
            f"{names} is stated, and {at} seems to ask for more: {', '.join(kinds)} (line {rows[0].line})",
            *(Evidence(at, row.text, line=row.line, name=row.kind) for row in rows[:10]),
        )


def _beside(model: Model, tags: list[str]) -> Iterator[Answer]:
    """Another licence, with restrictions, under which the card's own words put the model."""
    ids = (*tags, *(id for text in model.licence_texts for id in text.identified))
    for artifact, claim in in_prose(model.stated("license_in_prose")) if ids else ():
        if not any(same(claim.text, id) for id in ids) and (held := restrictions(claim.text)):
            stated = ", ".join(dict.fromkeys(map(short, ids)))
            yield review(
                f"{stated} is stated, and {artifact} says {claim.text} (line {claim.line}): {', '.join(held)}",
                place(artifact, claim.text, claim.line, claim.text),
            )


def _changed(text: LicenceText, ids: tuple[str, ...]) -> Answer:
    known = tuple(dict.fromkeys(code for id in ids for code in restrictions(id)))
    terms = f" ({', '.join(known)})" if known else ""
    reads = f"; what was put in seems to say: {said}" if (said := withheld(text)) else ""
    gaps = [Evidence(text.artifact, gap.text, line=gap.line, name=gap.kind) for gap in text.differences[:MOST]]
    return review(
        f"{text.artifact} is {', '.join(map(short, ids))}{terms} with changes{reads}; a person has to read them",
        *places_of(text),
        *gaps,
    )


def _by_text(text: LicenceText, id: str) -> Answer:
    where = Evidence(text.artifact, text.first_line, line=1, name=id)
    if id not in text.by_title:
        return _by_tag(short(id), where, id)
    known = restrictions(id)
    if text.words <= MOST_DECLARED and not text.clauses:
        return _by_tag(short(id), where, id, " by title")
    terms = ", ".join((*known, *filter(None, [withheld(text, known)])))
    if not terms:
        terms = f"a person has to read what {text.artifact} allows"
    return review(f"{short(id)} by title: {terms}", where, *places_of(text))


def _by_tag(name: str, where: Evidence, id: str = "", how: str = "") -> Answer:
    held = restrictions(id or name)
    if is_open(id or name):
        terms = f" ({', '.join(held)})" if held else ""
        return passed(f"{name} is listed as open{read_as(name)}{how}{terms}", where)
    if held:
        return review(f"{name}{how}: {', '.join(held)}", where)
    if family(id or name):
        return review(f"{name}{how} is on no list of open licences; no restriction of use is known", where)
    return unknown(f"the terms of {name!r} are not known to assay", where)
