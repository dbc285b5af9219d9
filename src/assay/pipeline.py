"""The pipeline: subject, facts, measurements, findings, verdict, dossier. Nothing here knows a format or a check by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any

from assay import __version__, checks, formats, policy
from assay.errors import InputError
from assay.facts import dossier as record
from assay.facts.artifact import Artifact, Obstacle, Standing, Trouble, manifest
from assay.facts.finding import Answer, Evidence, Finding, Kind, fingerprint
from assay.facts.text import ChatTemplate
from assay.formats._inert import inert
from assay.formats.window import Window
from assay.isolation import InProcess, Reader
from assay.measures.inventory import portrait
from assay.subject import Entry, Hashed, Walk, hashed, unchanged

MAX_ANSWERS = 500  # of one check; the rest is counted in one more answer
MAX_TEMPLATE = 20_000  # characters of a chat template that the dossier carries
EXCERPT = 16  # bytes shown at a byte range: one row of a hex dump

Progress = Callable[[str, int, int], None]
MakeReader = Callable[[tuple[str, ...]], Reader]


@dataclass(frozen=True, slots=True)
class Settings:
    """How to audit: the policy, what to leave out, what is known already, and the date for waivers."""

    policy: policy.Policy
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    baseline: str | None = None
    as_of: date = date.min
    jobs: int = 1


def examined(
    walk: Walk, settings: Settings, make_reader: MakeReader | None = None, progress: Progress | None = None
) -> record.Dossier:
    """Audit what `walk` leads to.

    Args:
        walk: the files, from `subject.walked` or `subject.given`.
        settings: policy and options; they are part of what the dossier is a function of.
        make_reader: gives the reader for a set of format modules; without it files are read in this process.
        progress: called with a label, bytes done and bytes in all.
    """
    rows = _hashed_all(walk.entries, settings.jobs, progress)
    kinds = [formats.recognised(row.entry.path, row.head[: formats.HEAD]) for row in rows]
    needed = tuple(sorted({kind.read.__module__.rpartition(".")[2] for kind in kinds if kind}))
    reader = make_reader(needed) if make_reader and needed else InProcess()
    try:
        read = [_examined_one(row, kind, reader) for row, kind in zip(rows, kinds, strict=True)]
    finally:
        reader.close()
    artifacts = tuple(artifact for artifact, _, _ in read)
    obstacles = (*walk.obstacles, *(obstacle for _, _, found in read for obstacle in found))
    facts = _by_type((*artifacts, *obstacles, *(fact for _, found, _ in read for fact in found)))
    subject = record.Subject(walk.name, walk.reference, manifest(artifacts).digest)
    findings = _with_excerpts(tuple(_findings(facts, settings)), walk)
    after, waivers, policy_record, decision = policy.judged(
        findings, settings.policy, subject.sha256, settings.known, settings.as_of
    )
    return record.Dossier(
        schema=record.SCHEMA,
        assay=__version__,
        subject=subject,
        excluded=walk.excluded,
        artifacts=artifacts,
        obstacles=obstacles,
        portrait=portrait(facts.get("WeightIndex", ()), facts.get("ModelConfig", ()), artifacts),
        templates=tuple(_template(template) for template in facts.get("ChatTemplate", ())),
        isolation=reader.reached(),
        kernels="none needed",
        policy=policy_record,
        rules=tuple(check.rule for check in checks.installed()),
        left_out=_left_out(settings),
        findings=after,
        waivers=waivers,
        baseline=settings.baseline,
        decision=decision,
    )


def _hashed_all(entries: tuple[Entry, ...], jobs: int, progress: Progress | None) -> list[Hashed]:
    """Every file hashed, in order; several at a time where that is asked for."""
    total, done = sum(entry.size for entry in entries), 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress("hashing", done, total)

    if jobs <= 1 or len(entries) < 2:
        return [hashed(entry, advance) for entry in entries]
    from concurrent.futures import ThreadPoolExecutor  # hashing leaves the interpreter lock, so threads are enough

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda entry: hashed(entry, advance), entries))


def _examined_one(
    row: Hashed, kind: formats.Format | None, reader: Reader
) -> tuple[Artifact, tuple[object, ...], tuple[Obstacle, ...]]:
    """The artifact with its standing, its facts, and what kept them from being complete."""
    path = row.entry.path
    label = kind.id if kind else inert(path, row.head) or "unknown"
    artifact = Artifact(path, row.entry.size, row.sha256, label, Standing.UNEXAMINED)
    if row.obstacle:
        return artifact, (), (row.obstacle,)
    if kind is None:
        if label == "unknown":
            return (
                artifact,
                (),
                (
                    Obstacle(
                        path, Trouble.UNREAD, f"no reader knows this format (it begins with {row.head[:8].hex(' ')})"
                    ),
                ),
            )
        return replace(artifact, standing=Standing.INERT), (), ()
    reading = reader.read(path, kind, row.entry.place)
    obstacles = () if reading.obstacle is None else (reading.obstacle,)
    if not obstacles and not unchanged(row.entry):
        obstacles = (Obstacle(path, Trouble.CHANGED, "it changed while it was examined"),)
    return replace(artifact, standing=Standing.UNEXAMINED if obstacles else Standing.EXAMINED), reading.facts, obstacles


def _by_type(facts: tuple[object, ...]) -> dict[str, tuple[Any, ...]]:
    grouped: dict[str, list[object]] = {}
    for fact in facts:
        grouped.setdefault(type(fact).__name__, []).append(fact)
    return {kind: tuple(rows) for kind, rows in grouped.items()}


def _findings(facts: dict[str, tuple[Any, ...]], settings: Settings) -> Iterator[Finding]:
    """The answers of every check that is on, worst first within each check, with stable fingerprints."""
    for check in checks.installed():
        id = check.rule.id
        if settings.policy.switched_off(id):
            continue
        seen: dict[str, int] = {}
        for answer in _answers(check, facts, asked=_asked(id, settings)):
            first = fingerprint(id, answer)
            occurrence = seen[first] = seen.get(first, -1) + 1
            print_ = fingerprint(id, answer, occurrence) if occurrence else first
            yield Finding(id, answer.kind, answer.message, answer.evidence, answer.remedy, print_)


def _answers(check: checks.Check, facts: dict[str, tuple[Any, ...]], asked: bool) -> list[Answer]:
    if not asked:
        return [Answer(Kind.OPEN, "left out of this audit by request")]
    answers: list[Answer] = []
    try:
        every = check.answers(facts)
        answers += islice(every, MAX_ANSWERS)
        answers += _surplus(list(every))
    except Exception as crash:  # noqa: BLE001 - the one place: a check's crash must not end the audit, nor be silent
        answers.append(
            Answer(
                Kind.OPEN,
                f"the check itself failed ({type(crash).__name__}: {crash}); please report this",
                remedy="Report this at assay's issue tracker.",
            )
        )
    return sorted(answers, key=lambda answer: list(Kind).index(answer.kind))


def _surplus(rest: list[Answer]) -> list[Answer]:
    """One answer that counts those beyond the first MAX_ANSWERS, of the worst kind among them."""
    worst = min((answer.kind for answer in rest), key=list(Kind).index, default=None)
    return [Answer(worst, f"{len(rest):,} more answers of this check are not listed")] if worst else []


def _asked(id: str, settings: Settings) -> bool:
    return id not in settings.skip and (not settings.only or id in settings.only)


def _left_out(settings: Settings) -> tuple[str, ...]:
    return tuple(check.rule.id for check in checks.installed() if not _asked(check.rule.id, settings))


def _template(template: ChatTemplate) -> record.Template:
    cut = len(template.source) > MAX_TEMPLATE
    return record.Template(template.artifact, template.pointer, template.name, template.source[:MAX_TEMPLATE], cut)


def _with_excerpts(findings: tuple[Finding, ...], walk: Walk) -> tuple[Finding, ...]:
    """The findings, each piece of evidence that names a byte range now with the first bytes there."""
    places = {entry.path: entry for entry in walk.entries}
    cache: dict[tuple[str, int], str | None] = {}

    def filled(evidence: Evidence) -> Evidence:
        entry = places.get(evidence.artifact)
        if evidence.start is None or entry is None:
            return evidence
        key = (evidence.artifact, evidence.start)
        if key not in cache:
            cache[key] = _excerpt(entry, evidence.start)
        return replace(evidence, excerpt=cache[key])

    return tuple(replace(finding, evidence=tuple(map(filled, finding.evidence))) for finding in findings)


def _excerpt(entry: Entry, start: int) -> str | None:
    try:
        with entry.place.source() as source:
            return Window(source, entry.size).rest(start, EXCERPT).hex() or None
    except (OSError, InputError):
        return None
