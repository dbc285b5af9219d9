"""Do licence tag and licence text name different licences?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from assay.checks import check
from assay.checks.openness._licence import not_read, own_words, place, unlike
from assay.facts.finding import Answer, Evidence, Kind, fail, passed, unknown
from assay.facts.model import Model
from assay.facts.text import Stated
from assay.licence.name import named, same
from assay.licence.statement import declared, says_nothing
from assay.licence.tag import short


@check(
    "licence.conflict",
    title="Do licence tag and licence text name different licences?",
    severity=6.0,
    remedy="Take the stricter of the two until the publisher says which one holds.",
)
def licence_conflict(model: Model) -> Iterator[Answer]:
    """Catalogues show the tag; the text is what binds.

    The text is compared with some 340 licences, word by word, and recognised by its title as some 110 more. Tags of two
    places that differ are a conflict as well; a list of licences in one card is none, and the text may be any of them.
    A text that is none of these is open, with the licence that it is most like.
    """
    found = model.licence_texts
    tags: dict[str, list[Stated]] = {}
    for artifact, claim in declared(model.stated):
        if not _says_too_little(claim):
            tags.setdefault(artifact, []).append(claim)
    apart = _apart(tags)
    if apart:
        yield fail(
            f"the tags disagree: {', '.join(apart)}",
            *(place(artifact, claim.text, claim.line) for artifact, claims in tags.items() for claim in claims),
        )
    lost = tuple(not_read(model)) if declared(model.stated) else ()
    yield from lost
    if not declared(model.stated) or not found:
        if not apart and not lost:
            yield Answer(Kind.NOT_APPLICABLE, "there is no pair of licence tag and licence text")
        return
    for text in found:
        if not text.identified:
            yield unknown(f"the text of {text.artifact} is {unlike(text)}", own_words(text))
    identified = [id for text in found for id in text.identified]
    texts = [Evidence(text.artifact, text.first_line, line=1) for text in found]
    for artifact, claims in tags.items() if identified else ():
        said = ", ".join(claim.text for claim in claims)
        places = [place(artifact, claim.text, claim.line) for claim in claims]
        if any(same(claim.text, id) for claim in claims for id in identified):
            yield passed(f"tag and text agree on {said}", *places, *texts)
        else:
            shown = ", ".join(sorted(map(short, identified)))
            yield fail(f"tagged {said}, the text is {shown}", *places, *texts)


def _apart(tags: dict[str, list[Stated]]) -> tuple[str, ...]:
    """The licences of two places whose tags have none in common; empty where there are no such places."""
    rows = [[claim.text for claim in claims] for claims in tags.values()]
    for left, right in combinations(rows, 2):
        if not any(same(one, other) or same(other, one) for one in left for other in right):
            return tuple(sorted({named(text) or text.strip().lower() for text in (*left, *right)}))
    return ()


def _says_too_little(claim: Stated) -> bool:
    """Whether a claim cannot be held against a text: it names no licence, or is a name of the publisher's own beside
    `other`.
    """
    return says_nothing(claim.text) or (claim.key != "license" and not named(claim.text))
