"""How every format says the same thing: order, counts, sizes, locations."""

from __future__ import annotations

from collections.abc import Iterable

from assay.facts.artifact import Standing, files_of, manifest
from assay.facts.copies import Told, told
from assay.facts.dossier import QUESTIONS, Dossier, Verdict
from assay.facts.finding import Evidence, Finding, Kind
from assay.facts.loading import LoadingPath
from assay.facts.nature import SubjectKind
from assay.render.visible import visible

SHOWN = (Kind.FAIL, Kind.REVIEW, Kind.OPEN, Kind.INFORMATIONAL)
KIND_WORDS = {
    Kind.FAIL: "fail",
    Kind.REVIEW: "review",
    Kind.OPEN: "open",
    Kind.INFORMATIONAL: "informational",
    Kind.PASS: "pass",
    Kind.NOT_APPLICABLE: "not applicable",
}
VERDICT_WORDS = {
    Verdict.PASSED: "This speaks for what was checked and is no guarantee of safety: read what is not known below.",
    Verdict.FAILED: "Read what decided, and do not use the model until each has been dealt with or waived "
    "with a reason.",
    Verdict.INCOMPLETE: "What could not be examined is unknown, which is not the same as harmless.",
}


def by_question(dossier: Dossier, findings: Iterable[Finding] | None = None) -> dict[str, tuple[Finding, ...]]:
    """The findings of each question, worst first: all, or those given."""
    questions = {rule.id: rule.question for rule in dossier.rules}
    order = list(Kind)
    rows = sorted(
        dossier.findings if findings is None else findings,
        key=lambda f: (order.index(f.kind), -dossier.rule(f.check).severity, f.check, f.fingerprint),
    )
    return {question: tuple(f for f in rows if questions[f.check] == question) for question in QUESTIONS}


def once(dossier: Dossier, findings: tuple[Finding, ...] | None = None) -> dict[Finding, Told]:
    """The findings, all or those given, as a person reads and counts them: one about copies of files is told once."""
    rows = told(
        dossier.findings if findings is None else findings,
        {artifact.path: artifact.sha256 for artifact in dossier.artifacts},
    )
    return {row.finding: row for row in rows}


def deciding(dossier: Dossier) -> tuple[Finding, ...]:
    """The findings that decided the verdict."""
    decided = set(dossier.decision.decided_by)
    return tuple(finding for finding in dossier.findings if finding.fingerprint in decided)


def location(evidence: Evidence) -> str:
    """Where to look, in one line."""
    parts = [evidence.artifact]
    if evidence.pointer:
        parts.append(evidence.pointer)
    if evidence.line:
        parts.append(f"line {evidence.line:,}")
    if evidence.start is not None:
        parts.append(
            f"bytes {evidence.start:,} to {evidence.stop:,}"
            if evidence.stop and evidence.stop > evidence.start + 1
            else f"byte {evidence.start:,}"
        )
    return " ".join(parts)


def size(count: int) -> str:
    """Bytes for people, in powers of ten as disks and hubs count: 98.4 MB."""
    value, unit = float(count), "bytes"
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{count:,} {unit if count != 1 else 'byte'}" if unit == "bytes" else f"{value:.1f} {unit}"


def parameters(count: int) -> str:
    """Parameters for people: 134.5 M."""
    for factor, unit in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K")):
        if count >= factor:
            return (
                f"{count / factor:.2f}".rstrip("0").rstrip(".") + f" {unit}"
                if factor >= 10**9
                else f"{count / factor:.1f} {unit}"
            )
    return str(count)


def first_set(dossier: Dossier) -> str:
    """Which weights were counted, where there are several: models beside each other, or one in several formats."""
    sets = dossier.portrait.measured("copies") or 0
    return f"the first of {sets:,} sets of weights" if sets > 1 else ""


def portrait_line(dossier: Dossier) -> str:
    """The model in one line: family, parameters, types, size, files."""
    if dossier.subject.closed:
        return f"behind an endpoint ({dossier.subject.reference}): none of its files is seen"
    p = dossier.portrait
    kind = dossier.nature.kind
    parts = [] if kind is SubjectKind.UNKNOWN else [str(kind)]
    parts += [p.family] if p.family else []
    total = p.measured("parameters")
    if total is not None:
        of = first_set(dossier)
        parts.append(f"{parameters(total)} parameters{f' in {of}' if of else ''}")
        whole = sum(share.parameters for share in p.dtypes) or 1
        names = [share.name for share in p.dtypes if share.parameters * 100 >= whole] or [
            row.name for row in p.dtypes[:1]
        ]
        parts.append(" + ".join(names or [row.name for row in p.dtypes[:1]]))
    files = p.measured("files") or 0
    parts.append(f"{size(p.measured('bytes') or 0)} in {files:,} file{'s' if files != 1 else ''}")
    return ", ".join(parts)


def unexamined_line(dossier: Dossier) -> str:
    """How many files and bytes were examined, inert, not examined."""
    p = dossier.portrait
    parts = []
    for standing, words in (("examined", "examined"), ("inert", "inert"), ("unexamined", "not examined")):
        files, held = p.measured(f"files.{standing}") or 0, p.measured(f"bytes.{standing}") or 0
        parts.append(f"{files:,} {words} ({size(held)})")
    return ", ".join(parts)


def aside_line(dossier: Dossier) -> str:
    """What Git keeps for itself, and why it was not read."""
    return f"what Git keeps for itself in {', '.join(dossier.aside)}, which no file of the model leads a loader to"


def examined_line(dossier: Dossier) -> str:
    """How many of the files were examined, and which were not: what a pass speaks for."""
    p = dossier.portrait
    files = p.measured("files") or 0
    examined, inert = p.measured("files.examined") or 0, p.measured("files.inert") or 0
    names = [row.path for row in dossier.artifacts if row.standing is Standing.UNEXAMINED]
    names += [row.artifact for row in dossier.obstacles if row.artifact not in names]
    if not files:
        return "no file was seen"
    if examined == files and not names:
        return "every file examined"
    parts = [f"{examined:,} of {files:,} file{'s' if files != 1 else ''} examined"]
    parts += [f"{inert:,} of a kind that nothing loads"] if inert else []
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    rest = f"; not examined, or not to the end: {', '.join(names[:3])}{more}" if names else ""
    return ", ".join(parts) + rest


def quoted(text: str) -> str:
    """`text` as one word of a POSIX shell."""
    shown = visible(text)
    return (
        shown
        if shown and all(letter.isalnum() or letter in "-_./:@+=," for letter in shown)
        else "'" + shown.replace("'", "'\\''") + "'"
    )


def isolation_line(dossier: Dossier) -> str:
    """What protected the auditor, in words."""
    if not dossier.isolation:
        return "none: files were read in the auditing process"
    return ", ".join(dossier.isolation)


def kernels_line(dossier: Dossier) -> str:
    """What computed the values of weights, and how that would be quicker."""
    said = visible(dossier.kernels)
    return f"{said} (native kernels, openassay-native, are quicker)" if dossier.kernels == "numpy" else said


def acts(path: LoadingPath) -> bool:
    """Whether a way of loading may run more than the loader's own code."""
    return any(step.runs.acts for step in path.steps)


def waivers(dossier: Dossier, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """For findings the lines of a policy file that accept them, each once: what a person has to fill in is empty."""
    named = dossier.subject.files_sha256 or manifest(dossier.artifacts).named  # a dossier of an older schema has none
    paths = {row.path for row in dossier.artifacts}
    return tuple(dict.fromkeys(_waiver(dossier.subject.sha256, named, paths, finding) for finding in findings))


def acceptances(dossier: Dossier) -> list[str]:
    """Who accepted what: a line for each waiver of the policy, and one for the baseline."""
    rows = [
        f"waiver {row.check} by {row.owner} until {row.expires}: {row.state} ({row.reason})" for row in dossier.waivers
    ]
    if dossier.baseline:
        rows.append(f"known findings do not block: those of the baseline with sha256 {dossier.baseline}")
    return rows


def _waiver(subject: str, named: str, paths: set[str], finding: Finding) -> str:
    places = [evidence.artifact for evidence in finding.evidence]
    artifact = next((place for place in places if place in paths), places[0] if places else "")
    artifact = next(iter(files_of(artifact, paths)), artifact)
    rows = [f"check = {_toml(finding.check)}", *([f"artifact = {_toml(artifact)}"] if artifact else [])]
    rows += [f"subject = {_toml(subject)}", 'reason = ""', 'owner = ""', "expires =   # a date"]
    rows.append(f"manifest = {_toml(named)}")
    return "[[waiver]]\n" + "\n".join(rows)


def _toml(text: str) -> str:
    return '"' + visible(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def limits_line(dossier: Dossier) -> str:
    """What the audit was to cost at most: `2,400 seconds, 8,000,000,000,000 bytes, 50,000 tensors`."""
    return ", ".join(f"{row.most:,} {visible(row.name)}" for row in dossier.limits)
