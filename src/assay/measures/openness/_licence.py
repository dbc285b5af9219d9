"""Which licence applies to a component: its own, its domain's, or the model's, in the order of the MOF.

The text binds where there is one: a tag counts only where no licence text lies beside it, or where the text is that
licence. A text that is not identified, or that differs from its licence, makes nothing open: a person reads it first.
"""

from __future__ import annotations

import re
from dataclasses import replace

from assay.facts.finding import Evidence
from assay.facts.model import Model, stated_at
from assay.facts.openness import ComponentKind, ComponentLicence, Domain, LicenceOrigin
from assay.facts.text import LicenceText
from assay.lazy import regex
from assay.licence.asked import beyond
from assay.licence.name import named
from assay.licence.place import unread
from assay.licence.statement import MOST_DECLARED, declared
from assay.licence.tag import short
from assay.licence.term import fits, is_open

UNIDENTIFIED = "LicenseRef-unidentified"
ASKED = ", with more that the card asks"  # follows the id of an open licence where the card asks for more than it does
CHANGED = " with changes"  # follows the id of a text that is not word for word its licence


def _of(words: str) -> re.Pattern[str]:
    """Names of files with the licence of these: LICENSE-MODEL, MODEL_LICENSE."""
    return regex(rf"licen[cs]e[-_. ](?:{words})|(?:.*[-_. ])?(?:{words})[-_. ]licen[cs]e")


_DOMAINS = (
    (Domain.CODE, _of("code|software|source")),
    (Domain.DATA, _of("data(?:sets?)?|weights?|models?|parameters")),
    (Domain.DOCUMENT, _of("docs?|documents?|documentation|content")),
)
NONE = ComponentLicence("", LicenceOrigin.NONE, (), open=False, fits=False)


def licence_of(
    model: Model, kind: ComponentKind, own: str, evidence: tuple[Evidence, ...], present: bool
) -> ComponentLicence:
    """The licence that applies to a component of `kind`; of one that is not there, none."""
    if not present:
        return NONE
    if own:
        return _made(own, LicenceOrigin.OWN, evidence[:1], kind)
    at = evidence[0].artifact if evidence else ""
    if header := next((row for row in model.sources if row.artifact == at and row.licence), None):
        seen = Evidence(at, header.licence, line=header.licence_line)
        return _made(header.licence, LicenceOrigin.OWN, (seen,), kind)
    beside = _beside(model, evidence)
    if beside is not None:
        return _by_text(beside, LicenceOrigin.OWN, kind)
    for domain, pattern in _DOMAINS:
        text = next((row for row in model.licence_texts if pattern.match(row.artifact.lower())), None)
        if text is not None and domain is kind.domain:
            return _asked(model, _by_text(text, LicenceOrigin.DOMAIN, kind))
    return _asked(model, distribution(model, kind))


def _asked(model: Model, found: ComponentLicence) -> ComponentLicence:
    """The licence of the model, which is not open where the card asks for non-commercial use, research only, or a
    licence from some number of users.
    """
    rows = beyond(model.card.terms if model.card else (), (found.id,)) if found.open else ()
    if not rows or model.card is None:
        return found
    places = tuple(Evidence(model.card.artifact, row.text, line=row.line, name=row.kind) for row in rows[:3])
    return replace(found, id=found.id + ASKED, evidence=(*places, *found.evidence), open=False, fits=False)


def distribution(model: Model, kind: ComponentKind) -> ComponentLicence:
    """The licence of the model as a whole: its text at the top of the folder, else its tag.

    A text that could not be read is no known licence.
    """
    texts = [
        row for row in model.licence_texts if not any(pattern.match(row.artifact.lower()) for _, pattern in _DOMAINS)
    ]
    if texts:
        identified = next((row for row in texts if row.identified), texts[0])
        return _by_text(identified, LicenceOrigin.DISTRIBUTION, kind)
    if lost := unread(model):  # it may say other than the tag
        reasons = tuple(Evidence(row.artifact, row.reason) for row in lost)
        return ComponentLicence(UNIDENTIFIED, LicenceOrigin.DISTRIBUTION, reasons, open=False, fits=False)
    tags = declared(model.stated)
    names = {short(named(claim.text)) or claim.text.strip().lower() for _, claim in tags}
    if not tags or len(names) > 1:
        places = tuple(stated_at(artifact, claim) for artifact, claim in tags[:3])
        return ComponentLicence(
            " / ".join(sorted(names)),
            LicenceOrigin.DISTRIBUTION if tags else LicenceOrigin.NONE,
            places,
            open=False,
            fits=False,
        )
    artifact, claim = tags[0]
    return _made(claim.text, LicenceOrigin.DISTRIBUTION, (stated_at(artifact, claim),), kind)


def _beside(model: Model, evidence: tuple[Evidence, ...]) -> LicenceText | None:
    """The licence text in the folder of the first piece of evidence, if that is not the top."""
    folder = evidence[0].artifact.rpartition("/")[0] if evidence else ""
    return next(
        (row for row in model.licences if folder and row.artifact.rpartition("/")[0] == folder and not row.notice), None
    )


def _by_text(text: LicenceText, origin: LicenceOrigin, kind: ComponentKind) -> ComponentLicence:
    place = (Evidence(text.artifact, text.first_line, line=1),)
    if not text.identified:
        return ComponentLicence(UNIDENTIFIED, origin, place, open=False, fits=False)
    made = _made(" AND ".join(text.identified), origin, place, kind)
    if not text.differences:
        titled = text.by_title and text.words > MOST_DECLARED  # a title alone makes nothing open
        return replace(made, open=False, fits=False) if titled else made
    places = (Evidence(text.artifact, text.differences[0].text, line=text.differences[0].line), *place)
    return ComponentLicence(made.id + CHANGED, origin, places, open=False, fits=False)


def _made(text: str, origin: LicenceOrigin, evidence: tuple[Evidence, ...], kind: ComponentKind) -> ComponentLicence:
    opened = is_open(text)
    return ComponentLicence(
        short(named(text)) or text, origin, evidence, open=opened, fits=opened and fits(text, kind.domain)
    )
