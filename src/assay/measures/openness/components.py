"""Each of the MOF's 17 components: shown, asserted, claimed, denied or absent, with evidence and licence."""

from __future__ import annotations

from assay.facts.finding import Evidence
from assay.facts.model import Model
from assay.facts.openness import CLAIMED, COMPONENTS, Assertion, Component, ComponentKind, Support
from assay.measures.openness._evidence import MOST, said, shown
from assay.measures.openness._licence import licence_of


def components(model: Model) -> tuple[Component, ...]:
    """All 17, in the order of `COMPONENTS`."""
    return tuple(_component(model, kind) for kind in COMPONENTS)


def _component(model: Model, kind: ComponentKind) -> Component:
    found = shown(model, kind.id)
    if found is not None:
        return _made(model, kind, Support.VERIFIED, found.because, found.evidence, found.licence)
    assertion = next((row for row in model.assertions if row.component == kind.id), None)
    if assertion is not None and not assertion.present:
        return _made(model, kind, Support.DENIED, "the publisher says that it is not there", (_at(assertion),))
    if assertion is not None and not (lacking := _lacking(model, assertion)):
        asserted = model.artifact(assertion.path)
        file = Evidence(assertion.path, f"sha256 {asserted.sha256 if asserted else ''}")
        return _made(
            model,
            kind,
            Support.ASSERTED,
            f"asserted on {assertion.date}",
            (file, _at(assertion)),
            assertion.licence,
            assertion.by,
        )
    mentions = model.mentioned(kind.id)
    denial = next((row for row in mentions if row.denies), None)
    told = said(model, kind.id)
    offered = [row for row in mentions if not row.denies]
    if assertion is not None:
        return _made(
            model, kind, Support.CLAIMED, f"asserted, but {lacking}", (_at(assertion),), assertion.licence, assertion.by
        )
    if told is not None:
        return _made(model, kind, Support.CLAIMED, told.because, told.evidence, told.licence)
    if denial is not None:
        return _made(
            model,
            kind,
            Support.DENIED,
            "a sentence denies it",
            (Evidence(denial.artifact, denial.sentence, line=denial.line),),
        )
    if offered:
        rows = sorted(offered, key=lambda row: not row.link)[:MOST]
        because = "a link" if rows[0].link else "a sentence says so"
        return _made(
            model,
            kind,
            Support.CLAIMED,
            because,
            tuple(Evidence(row.artifact, row.link or row.sentence, line=row.line) for row in rows),
        )
    unsaid = "nothing in the files speaks of it" if model.artifacts else "no file was seen"
    return _made(model, kind, Support.ABSENT, unsaid, ())


def _made(
    model: Model,
    kind: ComponentKind,
    support: Support,
    because: str,
    evidence: tuple[Evidence, ...],
    own: str = "",
    by: str = "",
) -> Component:
    present = support in CLAIMED
    return Component(kind.id, support, because, evidence, licence_of(model, kind, own, evidence, present), by)


def _lacking(model: Model, row: Assertion) -> str:
    """What an assertion lacks to count; empty if nothing."""
    if not row.path:
        return "it names no file of the model" + (", and a link is a claim" if row.url else "")
    if not model.has(row.path):
        return f"there is no file {row.path}"
    return "nobody stands behind it (by)" if not row.by else "it has no date" if not row.date else ""


def _at(row: Assertion) -> Evidence:
    return Evidence(row.artifact, row.path or row.url, line=row.line, name=row.component)
