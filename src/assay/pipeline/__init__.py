"""The pipeline: subject, facts, measurements, findings, verdict, dossier. Nothing here knows a format or a check by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

from assay import __version__, checks, formats, kernels, policy
from assay.errors import InputError
from assay.facts import dossier as record
from assay.facts.artifact import Artifact, Obstacle, Standing, Trouble, manifest
from assay.facts.calibration import Calibration, NotRun
from assay.facts.comparison import Comparison
from assay.facts.corpus import CorpusRecord
from assay.facts.finding import Answer, Evidence, Finding, Kind, fingerprint
from assay.facts.role import placed
from assay.facts.structure import Hook, HookKind
from assay.facts.tensor import WeightIndex, weight_sets
from assay.facts.text import ChatTemplate
from assay.facts.values import Directions, TokenReview
from assay.formats.container.inert import inert, unread
from assay.formats.window import Window
from assay.isolation import InProcess, Reader
from assay.measures.inventory import portrait
from assay.measures.loading import loading
from assay.measures.openness import openness
from assay.subject import Entry, Hashed, Peeked, Walk, hashed, peeked

if TYPE_CHECKING:
    from assay.weights.summaries import Keep, Pass

VALUES = frozenset({"TensorSummary", "UnreadValues", "TokenReview"})  # facts that cost a look at every weight
RUNNING = frozenset({"Calibration", "NotRun"})  # facts that come from running a model, which an endpoint allows
CLOSED = "this cannot be known: an endpoint shows none of the model's files"
MAX_ANSWERS = 500  # of one check; the rest is counted in one more answer
WORTH_THREADS = 64 * 1024 * 1024  # bytes below which starting threads costs more than it saves
MAX_CONFIGS, MAX_CLAIMS, MAX_LICENCES = 20, 500, 10  # that the dossier carries
MAX_TEMPLATE = 20_000  # characters of a chat template that the dossier carries
EXCERPT = 16  # bytes shown at a byte range: one row of a hex dump

Progress = Callable[[str, int, int], None]
Signed = Callable[[tuple[Artifact, ...]], tuple[object, ...]]
Compare = Callable[[], Comparison]
Run = Callable[[], Calibration | NotRun]
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
    hints: bool = False


def examined(
    walk: Walk,
    settings: Settings,
    make_reader: MakeReader | None = None,
    progress: Progress | None = None,
    compare: Compare | None = None,
    keep: Keep | None = None,
    corpora: tuple[CorpusRecord, ...] = (),
    signed: Signed | None = None,
    run: Run | None = None,
) -> record.Dossier:
    """Audit what `walk` leads to.

    Args:
        walk: the files, from `subject.walked` or `subject.given`.
        settings: policy and options; they are part of what the dossier is a function of.
        make_reader: gives the reader for a set of format modules; without it files are read in this process.
        progress: called with a label, bytes done and bytes in all.
        compare: gives the comparison with a base, once the weights have been read.
        keep: takes the exact histogram of each tensor.
        signed: says what a signature says of these artifacts, where signers are expected.
        corpora: what is said to be the training data, for the checks that compare it with the card.
        run: asks the model questions, where it is to be run.
    """
    rows, isolation = _read_all(walk.entries, make_reader)
    passes = _passes(rows, settings, keep)
    digests = _hashed_all(walk.entries, passes, settings.jobs, progress)
    rows = [row.hashed(digest) for row, digest in zip(rows, digests, strict=True)]
    artifacts = tuple(row.artifact for row in rows)
    obstacles = (*walk.obstacles, *(obstacle for row in rows for obstacle in row.obstacles))
    read = tuple(fact for row in rows for fact in row.facts)
    facts = _by_type((*artifacts, *obstacles, *read, *corpora, *_values(passes)))
    facts |= _by_type((*_token_reviews(walk, facts, settings), *_directions(walk, facts, settings)))
    if compare is not None:
        facts |= _by_type((compare(),))
    facts |= _by_type(signed(artifacts) if signed else ())
    facts |= _by_type(tuple(loading(artifacts, facts)))
    facts |= _by_type((openness(artifacts, facts | _by_type(obstacles)),))
    facts |= _by_type((run(),) if run else ())
    return _judged(walk, settings, artifacts, obstacles, facts, isolation, kernels.name() if passes else "none needed")


def _judged(
    walk: Walk, settings: Settings, artifacts: tuple[Artifact, ...], obstacles: tuple[Obstacle, ...], facts: dict[str, tuple[Any, ...]],
    isolation: tuple[str, ...], arithmetic: str,
) -> record.Dossier:  # fmt: skip
    """The answers of every check, the verdict, and the whole record."""
    subject = record.Subject(walk.name, walk.reference, manifest(artifacts).digest)
    findings = _with_excerpts(tuple(_findings(facts, settings, subject.closed)), walk)
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
        configs=facts.get("ModelConfig", ())[:MAX_CONFIGS],
        claims=tuple(_claims(facts))[:MAX_CLAIMS],
        templates=tuple(_template(template) for template in facts.get("ChatTemplate", ())),
        licences=tuple(_licences(facts)),
        tensors=facts.get("TensorSummary", ()),
        loading=facts.get("LoadingPath", ()),
        corpora=facts.get("CorpusRecord", ()),
        openness=facts["Openness"][0],
        signature=next(iter(facts.get("Verification", ())), None),
        risk=next(iter(facts.get("Calibration", ())), None),
        comparison=next(iter(facts.get("Comparison", ())), None),
        isolation=isolation,
        kernels=arithmetic,
        policy=policy_record,
        rules=tuple(check.rule for check in checks.installed()),
        left_out=_left_out(settings),
        findings=after,
        waivers=waivers,
        baseline=settings.baseline,
        decision=decision,
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """One file on its way through: its artifact, the facts read from it, and what stood in the way."""

    artifact: Artifact
    facts: tuple[object, ...]
    obstacles: tuple[Obstacle, ...]

    def hashed(self, digest: Hashed) -> _Row:
        """The row with its digest; a file that could not be hashed as it was read has not been examined."""
        artifact = replace(self.artifact, sha256=digest.sha256)
        if digest.obstacle is None or self.obstacles:
            return replace(self, artifact=artifact)
        return _Row(replace(artifact, standing=Standing.UNEXAMINED), (), (digest.obstacle,))


def _read_all(entries: tuple[Entry, ...], make_reader: MakeReader | None) -> tuple[list[_Row], tuple[str, ...]]:
    """Each file read by the reader of its format, and the isolation in which that happened."""
    heads = [peeked(entry) for entry in entries]
    kinds = [
        formats.recognised(entry.path, head.head[: formats.HEAD]) for entry, head in zip(entries, heads, strict=True)
    ]
    needed = formats.modules(kinds)
    reader = make_reader(needed) if make_reader and needed else InProcess()
    try:
        rows = [_read_one(*row, reader) for row in zip(entries, heads, kinds, strict=True)]
    finally:
        reader.close()
    return _with_side_files(rows), reader.reached()


def _with_side_files(rows: list[_Row]) -> list[_Row]:
    """The rows, where a file that no reader knows but another file of the model reads values from counts as data."""
    named = {
        fact.path
        for row in rows
        for fact in row.facts
        if isinstance(fact, Hook) and fact.kind is HookKind.READ and not fact.outside
    }
    return [
        _Row(replace(row.artifact, standing=Standing.INERT, format="tensor data"), row.facts, ())
        if row.artifact.path in named and row.artifact.format == "unknown"
        else row
        for row in rows
    ]


def _read_one(entry: Entry, head: Peeked, kind: formats.Format | None, reader: Reader) -> _Row:
    path = entry.path
    label = kind.id if kind else inert(path, head.head) or "unknown"
    artifact = Artifact(path, entry.size, "", label, Standing.UNEXAMINED)
    if head.obstacle:
        return _Row(artifact, (), (head.obstacle,))
    if kind is None:
        if label == "unknown":
            reason = unread(path, head.head)
            return _Row(artifact, (), (Obstacle(path, Trouble.UNREAD, reason),))
        return _Row(replace(artifact, standing=Standing.INERT), (), ())
    reading = reader.read(path, kind, entry.place)
    inside = tuple(fact for fact in reading.facts if isinstance(fact, Obstacle))
    facts = tuple(fact for fact in reading.facts if not isinstance(fact, Obstacle))
    obstacles = (*inside, *(() if reading.obstacle is None else (reading.obstacle,)))
    return _Row(replace(artifact, standing=Standing.UNEXAMINED if obstacles else Standing.EXAMINED), facts, obstacles)


def _passes(rows: list[_Row], settings: Settings, keep: Keep | None) -> dict[str, Pass]:
    """For each weight file the pass that summarises its values, if a check wants them and there are kernels for it."""
    wanted = any(
        need.fact in VALUES and _asked(check.rule.id, settings) and not settings.policy.switched_off(check.rule.id)
        for check in checks.installed()
        for need in check.needs
    )
    indexes = [fact for row in rows for fact in row.facts if isinstance(fact, WeightIndex) and fact.tensors]
    if not wanted or not indexes or kernels.name() == "none":
        return {}
    from assay.weights.summaries import Pass

    return {index.artifact: Pass(index, keep) for index in indexes}


def _values(passes: dict[str, Pass]) -> Iterator[object]:
    for row in passes.values():
        yield from row.ended()


def _token_reviews(walk: Walk, facts: dict[str, tuple[Any, ...]], settings: Settings) -> Iterator[TokenReview]:
    """The review of each copy's embedding, where its values were read and its vocabulary is known."""
    summaries = [row for row in facts.get("TensorSummary", ()) if placed(row.name).role == "embedding"]
    if not summaries or not facts.get("Vocabulary") or not _asked("embedding.untrained", settings):
        return
    from assay.weights import tensors
    from assay.weights.embedding import reviewed

    for index, found in tensors(walk, facts["WeightIndex"]):
        summary = next((row for row in summaries if (row.artifact, row.name) == (index.artifact, found.name)), None)
        if summary is None or len(found.shape) != 2:
            continue
        vocabulary = _beside(index.artifact, facts["Vocabulary"])
        tokenizer = _beside(index.artifact, facts.get("Tokenizer", ()))
        try:
            yield reviewed(summary, found, vocabulary, tokenizer)
        except InputError as cause:
            yield TokenReview(summary.artifact, summary.name, found.rows, (), (), 0, 0, str(cause))


def _directions(walk: Walk, facts: dict[str, tuple[Any, ...]], settings: Settings) -> Iterator[Directions]:
    """What the writers of the first copy of the model have in common, where that is quick or was asked for."""
    sets = weight_sets(facts.get("WeightIndex", ()))
    if not sets or not facts.get("TensorSummary") or not _asked("weights.ablated", settings):
        return
    from assay.weights import tensors
    from assay.weights.directions import MOST_HIDDEN, QUICK_HIDDEN, directions

    try:
        named = {found.name: found for _, found in tensors(walk, sets[0].indexes)}
        found = directions(named, MOST_HIDDEN if settings.hints else QUICK_HIDDEN)
    except InputError as cause:
        found = Directions(sets[0].indexes[0].artifact, 0, 0, 1.0, 0.0, 0, str(cause))
    if found is not None:
        yield found


def _beside(artifact: str, found: tuple[Any, ...]) -> Any:
    """The fact from the same file, else from the same folder, else the first."""
    folder = artifact.rpartition("/")[0]
    return min(
        found, key=lambda fact: (fact.artifact != artifact, fact.artifact.rpartition("/")[0] != folder), default=None
    )


def _hashed_all(
    entries: tuple[Entry, ...], passes: dict[str, Pass], jobs: int, progress: Progress | None
) -> list[Hashed]:
    """Every file hashed, in order; several at a time where that is asked for."""
    total, done = sum(entry.size for entry in entries), 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress("reading", done, total)

    def one(entry: Entry) -> Hashed:
        found = passes.get(entry.path)
        return hashed(entry, advance, found.feed if found else None)

    if jobs <= 1 or len(entries) < 2 or total < WORTH_THREADS:
        return [one(entry) for entry in entries]
    from concurrent.futures import ThreadPoolExecutor  # hashing leaves the interpreter lock, so threads are enough

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, entries))


def _by_type(facts: tuple[object, ...]) -> dict[str, tuple[Any, ...]]:
    grouped: dict[str, list[object]] = {}
    for fact in facts:
        grouped.setdefault(type(fact).__name__, []).append(fact)
    return {kind: tuple(rows) for kind, rows in grouped.items()}


def _findings(facts: dict[str, tuple[Any, ...]], settings: Settings, closed: bool) -> Iterator[Finding]:
    """The answers of every check that is on, worst first within each check, with stable fingerprints."""
    for check in checks.installed():
        id = check.rule.id
        if settings.policy.switched_off(id):
            continue
        seen: dict[str, int] = {}
        for answer in _answers(check, facts, asked=_asked(id, settings), closed=closed):
            first = fingerprint(id, answer)
            occurrence = seen[first] = seen.get(first, -1) + 1
            print_ = fingerprint(id, answer, occurrence) if occurrence else first
            yield Finding(id, answer.kind, answer.message, answer.evidence, answer.remedy, print_)


def _answers(check: checks.Check, facts: dict[str, tuple[Any, ...]], asked: bool, closed: bool) -> list[Answer]:
    if not asked:
        return [Answer(Kind.OPEN, "left out of this audit by request")]
    if closed and not any(need.fact in RUNNING for need in check.needs):
        return [Answer(Kind.OPEN, CLOSED)]
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


def _claims(facts: dict[str, tuple[Any, ...]]) -> Iterator[record.Claim]:
    """What the publisher states: the card at the top of the folder first, then other cards, then the weight files."""
    cards = sorted(facts.get("ModelCard", ()), key=lambda card: card.artifact.count("/"))
    for row in (*cards, *facts.get("PublisherClaims", ())):
        yield from (record.Claim(row.artifact, claim.key, claim.text, claim.line) for claim in row.claims)


def _licences(facts: dict[str, tuple[Any, ...]]) -> Iterator[record.LicenceRecord]:
    sources = {row.artifact: row for row in facts.get("LicenceSource", ())}
    for text in facts.get("LicenceText", ())[:MAX_LICENCES]:
        source = sources[text.artifact]
        yield record.LicenceRecord(text.artifact, text.identified, text.complete, source.text, source.cut)


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
