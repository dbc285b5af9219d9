"""Compare two dossiers: what changed in the model, its licence, its openness, its findings and the verdict, and why."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

from assay.facts.change import (
    MOST_FILES,
    MOST_FINDINGS,
    Cause,
    Change,
    ComponentChange,
    FileChange,
    FindingChange,
    LicenceChange,
    ValueChange,
)
from assay.facts.dossier import Dossier, Subject, Verdict
from assay.facts.finding import Finding, Kind

MOST_HUNKS, MOST_WIDTH = 60, 300
_ORDER = (Verdict.PASSED, Verdict.INCOMPLETE, Verdict.FAILED)


def change(old: Dossier, new: Dossier) -> Change:
    """What is otherwise in `new`."""
    findings = tuple(_findings(old, new))
    classes = tuple(
        _values(
            ("MOF class by evidence", old.openness.by_evidence.label, new.openness.by_evidence.label),
            ("MOF class by claim", old.openness.by_claim.label, new.openness.by_claim.label),
        )
    )
    verdict = tuple(_values(("verdict", str(old.decision.verdict), str(new.decision.verdict))))
    return Change(
        old.subject.name,
        new.subject.name,
        tuple(_subject(old.subject, new.subject)),
        tuple(_rules(old, new)),
        tuple(_files(old, new))[:MOST_FILES],
        tuple(_measured(old, new)),
        tuple(_claims(old, new)),
        tuple(_licences(old, new)),
        tuple(_components(old, new)),
        classes,
        tuple(_frameworks(old, new)),
        findings[:MOST_FINDINGS],
        verdict,
        new.decision.because if verdict else "",
        _worse(old, new),
    )


def _values(*rows: tuple[str, str, str]) -> Iterator[ValueChange]:
    yield from (ValueChange(name, before, after) for name, before, after in rows if before != after)


def _subject(old: Subject, new: Subject) -> Iterator[ValueChange]:
    """How the model is called, and its digests; only those that both dossiers have are compared."""
    yield from _values(("name", old.name, new.name), ("sha256", old.sha256, new.sha256))
    if _renamed(old, new):
        yield ValueChange("files_sha256", old.files_sha256, new.files_sha256)


def _renamed(old: Subject, new: Subject) -> bool:
    """Whether files or their names differ; an older dossier does not say."""
    return bool(old.files_sha256 and new.files_sha256) and old.files_sha256 != new.files_sha256


def _worse(old: Dossier, new: Dossier) -> bool:
    """Whether the verdict is a worse one, or the class by evidence a lower one."""
    was, now = (row.openness.by_evidence.level or 4 for row in (old, new))
    return _ORDER.index(new.decision.verdict) > _ORDER.index(old.decision.verdict) or now > was


def _rules(old: Dossier, new: Dossier) -> Iterator[ValueChange]:
    """What changed in assay and in the policy: versions, rules of openness, each check that is new, gone or another."""
    yield from _values(
        ("assay", old.assay, new.assay),
        ("rules of openness", old.openness.rules, new.openness.rules),
        ("policy", f"{old.policy.name} {old.policy.sha256[:12]}", f"{new.policy.name} {new.policy.sha256[:12]}"),
    )
    before, after = ({rule.id: rule for rule in row.rules} for row in (old, new))
    for id in sorted(before.keys() | after.keys()):
        if before.get(id) != after.get(id):
            state = "changed" if id in before and id in after else "not there"
            yield ValueChange(
                f"check {id}",
                "as it was" if id in before else state,
                "changed" if id in after and id in before else "new" if id in after else state,
            )


def _files(old: Dossier, new: Dossier) -> Iterator[FileChange]:
    before, after = ({row.path: row.sha256 for row in dossier.artifacts} for dossier in (old, new))
    gone = {digest: path for path, digest in before.items() if path not in after}
    moved = {path: gone[digest] for path, digest in after.items() if path not in before and digest in gone}
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path) and path not in moved.values():
            yield FileChange(path, before.get(path, ""), after.get(path, ""), moved.get(path, ""))


def _measured(old: Dossier, new: Dossier) -> Iterator[ValueChange]:
    before, after = ({row.id: row.value for row in dossier.portrait.measurements} for dossier in (old, new))
    yield from _values(("architecture", old.portrait.family, new.portrait.family))
    for id in sorted(before.keys() | after.keys()):
        yield from _values((id, _number(before.get(id)), _number(after.get(id))))


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _claims(old: Dossier, new: Dossier) -> Iterator[ValueChange]:
    """What the publisher states otherwise, key by key, each with all its values."""
    keys = sorted({claim.key for dossier in (old, new) for claim in dossier.claims})
    for key in keys:
        before, after = (", ".join(claim.text for claim in dossier.stated(key))[:MOST_WIDTH] for dossier in (old, new))
        yield from _values((key, before, after))


def _licences(old: Dossier, new: Dossier) -> Iterator[LicenceChange]:
    before, after = ({row.artifact: row for row in dossier.licences} for dossier in (old, new))
    for path in sorted(before.keys() | after.keys()):
        was, now = before.get(path), after.get(path)
        if was == now:
            continue
        first, second = (row.text.splitlines() if row else [] for row in (was, now))
        rows = [row for row in unified_diff(first, second, lineterm="", n=0) if not row.startswith(("---", "+++"))]
        shown = tuple(row[:MOST_WIDTH] for row in rows[:MOST_HUNKS])
        yield LicenceChange(
            path, was.identified if was else (), now.identified if now else (), shown, len(rows) - len(shown)
        )


def _components(old: Dossier, new: Dossier) -> Iterator[ComponentChange]:
    for was, now in zip(old.openness.components, new.openness.components, strict=True):
        if (was.support, was.licence.id, was.licence.open) != (now.support, now.licence.id, now.licence.open):
            yield ComponentChange(
                now.id,
                str(was.support),
                str(now.support),
                was.licence.id,
                now.licence.id,
                now.because,
                (now.evidence or was.evidence)[:3],
            )


def _frameworks(old: Dossier, new: Dossier) -> Iterator[ValueChange]:
    """Rules of the other frameworks that are answered otherwise, and what follows from them."""
    before, after = (
        {row.id: str(row.answer) for lens in dossier.openness.lenses for row in lens.judgements}
        | {lens.title: lens.outcome for lens in dossier.openness.lenses}
        for dossier in (old, new)
    )
    for id in sorted(before.keys() | after.keys()):
        yield from _values((id, before.get(id, ""), after.get(id, "")))


def _findings(old: Dossier, new: Dossier) -> Iterator[FindingChange]:
    """Findings of another kind, gone, or new; those that passed or do not apply on both sides are left out."""
    before, after = ({_place(row): row for row in dossier.findings} for dossier in (old, new))
    quiet = (Kind.PASS, Kind.NOT_APPLICABLE, Kind.INFORMATIONAL)
    rows = []
    for place in before.keys() | after.keys():
        was, now = before.get(place), after.get(place)
        kinds = {row.kind for row in (was, now) if row}
        if kinds <= set(quiet) or (was and now and was.kind == now.kind):
            continue
        told = now or was
        assert told is not None
        rows.append(
            FindingChange(
                told.check,
                str(was.kind) if was else "",
                str(now.kind) if now else "",
                told.message,
                _cause(old, new, told.check),
            )
        )
    order = [str(kind) for kind in Kind]
    yield from sorted(
        rows, key=lambda row: (order.index(row.after) if row.after else len(order), row.check, row.message)
    )


def _place(finding: Finding) -> tuple[str, tuple[str, ...]]:
    """A check and the named places of its evidence: what a fingerprint is made of, without the kind."""
    return finding.check, tuple(
        sorted(f"{row.artifact}\0{row.pointer or ''}\0{row.name or ''}" for row in finding.evidence)
    )


def _cause(old: Dossier, new: Dossier, check: str) -> Cause:
    """A check that says otherwise does so because its input changed, or because it did, or its version did."""
    files = old.subject.sha256 != new.subject.sha256 or _renamed(old.subject, new.subject)
    model = files or old.corpora != new.corpora or old.comparison != new.comparison
    rules = old.assay != new.assay or _rule(old, check) != _rule(new, check) or old.left_out != new.left_out
    if model and rules:
        return Cause.EITHER
    return Cause.MODEL if model else Cause.RULES if rules else Cause.POLICY


def _rule(dossier: Dossier, check: str) -> object:
    return next((rule for rule in dossier.rules if rule.id == check), None)
