"""A dossier checked against its model, as text."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.attestation import Recheck
from assay.facts.signature import Trust
from assay.render.headline import Headline, Tone
from assay.render.terminal import painter, wrapped
from assay.render.visible import visible

MOST = 20


def headline(found: Recheck) -> Headline:
    """Whether the dossier can be relied on, and why not; not checked is what exits 3."""
    said = _summary(found)
    sentence = f"{said[:1].upper()}{said[1:]}."
    if found.holds:
        return Headline("VERIFIED", sentence, Tone.GO)
    return Headline(*(("NOT VERIFIED", sentence, Tone.STOP) if found.broken else ("NOT CHECKED", sentence, Tone.CARE)))


def lines(found: Recheck, colour: bool = False, width: int = 100) -> Iterator[str]:
    """The lines of the report; the first says it all."""
    yield from headline(found).lines(painter(colour), width)
    for row in _lines(found):
        label, text = row[:11], row[11:]
        yield from wrapped(text, label, width, " " * 11)


def _lines(found: Recheck) -> Iterator[str]:
    """What stands behind it, each with its label in the first eleven columns."""
    yield from _rules(found)
    yield f"model      sha256 {found.sha256}"
    for label, names in (("changed", found.changed), ("absent", found.absent), ("added", found.added)):
        for name in names[:MOST]:
            yield f"{label:10} {visible(name)}"
        if len(names) > MOST:
            yield f"{label:10} and {len(names) - MOST:,} more; all of them with -o json"
    versions = f"made by assay {visible(found.made_by)}, checked by assay {found.checked_by}"
    yield f"dossier    sha256 {found.dossier_sha256}, {versions}"
    yield f"again      {_again(found)}"
    if found.machine:
        yield f"           {', '.join(found.machine)} differ, as they may on another machine"
    yield from _signed(found)


def _rules(found: Recheck) -> Iterator[str]:
    """By which rules the verdict was reached, and what nobody here can check."""
    rules = found.rules
    yield (
        f"verdict    {visible(rules.verdict)}, waivers judged by {visible(rules.as_of)}"
        if rules.as_of
        else (f"verdict    {visible(rules.verdict)}")
    )
    yield f"policy     {visible(rules.policy)}, sha256 {visible(rules.policy_sha256)}: {rules.policy_origin}"
    known = f"{rules.known:,} finding{'s' if rules.known != 1 else ''} known from it"
    yield f"baseline   sha256 {visible(rules.baseline)}, {known}" if rules.baseline else "baseline   none"
    for number, row in enumerate(rules.waivers[:MOST] or ("none",)):
        yield f"{'' if number else 'waivers':10} {visible(row)}"
    if len(rules.waivers) > MOST:
        yield f"{'':10} and {len(rules.waivers) - MOST:,} more; all of them with -o json"
    unasked = [f"the question {name}" for name in rules.unasked]
    yield f"left out   {visible(', '.join([*unasked, *rules.left_out]) or 'nothing')}"
    place = f"and reference {visible(found.reference)!r} are" if found.reference else "is"
    yield f"unchecked  the name {visible(found.name)!r} {place} the dossier's own word: no file shows it"


def _signed(found: Recheck) -> Iterator[str]:
    """Who signed which statements, and what they say otherwise."""
    if not found.attested:
        absent = "there is no attestation, and a signer was asked for" if found.asked else "there is no attestation"
        yield f"signed     {absent}: nobody signed for this audit"
    if found.attested and not found.covered:
        yield "           no statement is about the whole dossier"
    groups: dict[str, list[str]] = {}
    for row in found.attested:
        groups.setdefault(f"{row.trust}: {row.signer}, by {row.method} ({row.why})", []).append(row.predicate)
    for who, predicates in groups.items():
        yield f"signed     {visible(', '.join(predicates))}"
        yield f"           {visible(who)}"
    for row in found.attested:
        for text in row.contradicts:
            yield f"otherwise  {visible(row.predicate)}: {visible(text)}"


def _again(found: Recheck) -> str:
    if found.differs is None:
        return f"not compared: {visible(found.why)}"
    if not found.differs:
        return "the audit done again says the same, byte for byte"
    by_version = "; another version of assay may judge otherwise" if found.made_by != found.checked_by else ""
    return f"the audit done again differs in {', '.join(found.differs)}{by_version}"


def _summary(found: Recheck) -> str:
    parts = [
        f"{len(names):,} {word}"
        for names, word in ((found.changed, "changed"), (found.absent, "absent"), (found.added, "added"))
        if names
    ]
    parts = [_verdict(found), ", ".join(parts) or "the files are those that were audited"]
    if found.differs:
        parts.append("the audit done again differs")
    elif found.differs is not None:
        parts.append("the audit done again says the same")
    if any(row.contradicts for row in found.attested):
        parts.append("a signed statement contradicts the dossier")
    trusts = {row.trust for row in found.attested}
    worst = next(
        (trust for trust in (Trust.BROKEN, Trust.UNEXPECTED, Trust.UNKNOWN, Trust.VERIFIED) if trust in trusts), None
    )
    parts.append(
        {
            None: "nobody signed for it, and a signer was asked for" if found.asked else "nobody signed for it",
            Trust.VERIFIED: "signed by whom you expect",
            Trust.UNKNOWN: "signed, by whom was not checked",
        }.get(worst, str(worst))
    )
    return "; ".join(parts)


def _verdict(found: Recheck) -> str:
    """The verdict, with what was set aside on the way to it."""
    rules = found.rules
    aside = [
        (rules.known, "known finding", "known findings"),
        (len(rules.waivers), "waiver", "waivers"),
        (len(rules.left_out), "check left out", "checks left out"),
        (len(rules.unasked), "question not asked", "questions not asked"),
    ]
    said = [f"{count:,} {several if count > 1 else one}" for count, one, several in aside if count]
    return f"the verdict is {visible(rules.verdict)}" + (f" with {', '.join(said)}" if said else "")
