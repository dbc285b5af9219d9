"""Do licence tag and licence text name different licences?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.openness._licence import place
from assay.facts.finding import Answer, Evidence, Kind, fail, passed, unknown
from assay.facts.model import Model
from assay.facts.text import LicenceText, Stated
from assay.licence.name import named, same
from assay.licence.statement import declared, says_nothing


@check(
    "licence.conflict",
    title="Do licence tag and licence text name different licences?",
    severity=6.0,
    remedy="Take the stricter of the two until the publisher says which one holds.",
)
def licence_conflict(model: Model) -> Iterator[Answer]:
    """Catalogues show the tag; the text is what binds.

    The text is compared with 208 licences, word by word, and recognised by name as 16 more. If two tags differ from one
    another, that is a conflict as well. A text that is none of these is open, with the licence that it is most like.
    """
    tags, found = declared(model.stated), model.licence_texts
    names = {named(claim.text) or claim.text.strip().lower() for _, claim in tags if not _says_too_little(claim)}
    if len(names) > 1:
        yield fail(
            f"the tags disagree: {', '.join(sorted(names))}",
            *(place(artifact, claim.text, claim.line) for artifact, claim in tags),
        )
    identified = [id for text in found for id in text.identified]
    if not tags or not found:
        if len(names) <= 1:
            yield Answer(Kind.NOT_APPLICABLE, "there is no pair of licence tag and licence text")
        return
    for text in found:
        if not text.identified:
            yield unknown(
                f"the text of {text.artifact} is not identified{_like(text)}: {text.first_line!r}",
                Evidence(text.artifact, text.first_line, line=1),
            )
    for artifact, claim in tags:
        if not identified or _says_too_little(claim):
            continue
        if any(same(claim.text, id) for id in identified):
            yield passed(
                f"tag and text agree on {claim.text}",
                place(artifact, claim.text, claim.line),
                *(Evidence(text.artifact, text.first_line, line=1) for text in found),
            )
        else:
            shown = ", ".join(sorted(id for text in found for id in text.identified))
            yield fail(
                f"tagged {claim.text}, the text is {shown}",
                place(artifact, claim.text, claim.line),
                *(Evidence(text.artifact, text.first_line, line=1) for text in found),
            )


def _says_too_little(claim: Stated) -> bool:
    """Whether a claim cannot be held against a text: it names no licence, or is a name of the publisher's own beside
    `other`.
    """
    return says_nothing(claim.text) or (claim.key != "license" and not named(claim.text))


def _like(text: LicenceText) -> str:
    return f", it is most like {text.nearest}" if text.nearest else ""
