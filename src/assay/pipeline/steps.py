"""The steps of an audit, in their order: read, measure, judge, record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from assay import kernels, policy, writing
from assay.facts.artifact import manifest
from assay.facts.dossier import Dossier, Subject
from assay.isolation import Reader, reader_for
from assay.lazy import dataclass
from assay.measures import Cost, Feed, Material, Measure
from assay.pipeline.answer import answered
from assay.pipeline.budget import Budget, tensors
from assay.pipeline.excerpt import with_excerpts
from assay.pipeline.fact import Facts
from assay.pipeline.gathered import Gathered
from assay.pipeline.parts import Part, fitting, made, with_told
from assay.pipeline.plan import Plan, planned
from assay.pipeline.reading import Elsewhere, MakeReader, Row, fed, hash_all, read_walk
from assay.pipeline.record import Ran, recorded
from assay.pipeline.request import Request
from assay.progress import Progress
from assay.subject import Hashed, Walk, reach
from assay.subject.reference import opened

if TYPE_CHECKING:
    from assay.weights.histograms import Kept
    from assay.weights.summaries import Keep

_NONE: Mapping[str, Hashed] = MappingProxyType({})


def audited(
    request: Request, progress: Progress | None = None, told: Callable[[Walk, Gathered], None] | None = None
) -> Dossier:
    """Open what the request names, audit it, and write the histograms that it asks for.

    Args:
        told: takes the files and what was read of them, for what else is made of that.

    Raises UsageError: the model, its base, a corpus or a trust file cannot be used as given.
    """
    walk = opened(request.model, offline=request.offline, headers=request.cost is Cost.HEADER)
    kept = _histograms(request)
    read = gathered(walk, request, isolated(walk, request), progress, kept.take if kept else None)
    if told:
        told(walk, read)
    dossier = concluded(read, walk, request, progress)
    if kept and request.histograms:
        writing.write(request.histograms, kept.encoded(dossier.subject.sha256))
    return dossier


def _histograms(request: Request) -> Kept | None:
    """What takes the histograms that are to be written."""
    if request.histograms is None:
        return None
    from assay.weights.histograms import Kept

    return Kept()


def examined(
    walk: Walk,
    request: Request,
    make_reader: MakeReader | None = None,
    progress: Progress | None = None,
    keep: Keep | None = None,
) -> Dossier:
    """Audit the files of a walk.

    Args:
        walk: the files, from `subject.walked` or `subject.given`.
        request: the policy and everything else that the dossier is a function of.
        make_reader: gives the reader for a set of format modules; without it files are read in this process.
        progress: told about bytes read, values compared, questions asked.
        keep: takes the exact histogram of each tensor.
    """
    return concluded(gathered(walk, request, make_reader, progress, keep), walk, request, progress)


def gathered(
    walk: Walk,
    request: Request,
    make_reader: MakeReader | None = None,
    progress: Progress | None = None,
    keep: Keep | None = None,
    parts: Sequence[Part] = (),
) -> Gathered:
    """All that is read of the files of a walk, and measured of more than facts; arguments as of `examined`.

    Args:
        parts: what others read in full of files that are as they were then; these are not read in full again.
    """
    return settled(passed(walk, request, make_reader, progress, keep, parts))


@dataclass(frozen=True, slots=True)
class Passed:
    """An audit after its files were read in full, while digests that are made elsewhere may still be under way."""

    request: Request
    keep: Keep | None
    begun: _Begun
    passes: list[Mapping[str, Feed]]
    digests: list[Hashed]


def passed(
    walk: Walk,
    request: Request,
    make_reader: MakeReader | None = None,
    progress: Progress | None = None,
    keep: Keep | None = None,
    parts: Sequence[Part] = (),
    elsewhere: Elsewhere | None = None,
) -> Passed:
    """The files read and their values measured, for `settled` to go on with; arguments as of `gathered`.

    Args:
        elsewhere: whoever hashes some of the files meanwhile: these are read here only where values are in them.
    """
    begun = _begun(walk, request, make_reader, progress, keep)
    known = fitting(parts, begun.walk.entries, kernels.name(), len(begun.passes))
    passes = with_told(begun.passes, known)
    digests = hash_all(
        begun.walk.entries, _feeds(passes, known), request.jobs, begun.progress, begun.budget,
        {path: part.sha256 for path, part in known.items()}, elsewhere,
    )  # fmt: skip
    return Passed(request, keep, begun, passes, digests)


def settled(read: Passed, elsewhere: Mapping[str, Hashed] = _NONE) -> Gathered:
    """What was gathered, after the digests that were made elsewhere have come, by path."""
    begun, walk = read.begun, read.begun.walk
    digests = [
        row if row.obstacle or row.sha256 else elsewhere.get(entry.path, row)
        for entry, row in zip(walk.entries, read.digests, strict=True)
    ]
    rows = [row.hashed(digest) for row, digest in zip(begun.rows, digests, strict=True)]
    facts = Facts(
        (
            *(row.artifact for row in rows),
            *walk.obstacles,
            *(obstacle for row in rows for obstacle in row.obstacles),
            *(fact for row in rows for fact in row.facts),
            *fed(read.passes, rows),
        )
    )
    for found in begun.budget.run(
        begun.plan.reading, lambda: Material(read.request, walk, facts.rows, begun.progress, read.keep)
    ):
        facts.add(found)
    return Gathered(
        facts=tuple(fact for found in facts.rows.values() for fact in found),
        whole=begun.whole,
        isolation=begun.isolation,
        kernels=kernels.name() if any(begun.passes) else "none needed",
    )


def read_in_full(
    walk: Walk, request: Request, paths: Collection[str], make_reader: MakeReader | None = None
) -> tuple[Part, ...]:
    """What `gathered` takes as parts: these files, each hashed and its values measured; without those that could not.

    The headers of all files are read, since what is measured of one may depend on another.
    """
    begun = _begun(walk, request, make_reader, None, None)
    entries = tuple(entry for entry in begun.walk.entries if entry.path in paths)
    digests = hash_all(entries, _feeds(begun.passes), request.jobs, begun.progress, begun.budget)
    rows = zip(entries, digests, strict=True)
    return made([(entry, row.sha256) for entry, row in rows if row.obstacle is None], begun.passes, kernels.name())


@dataclass(frozen=True, slots=True)
class _Begun:
    """An audit after headers were read: what of each file there is, and the passes over values that wait for blocks."""

    plan: Plan
    budget: Budget
    progress: Progress
    walk: Walk
    whole: bool
    rows: list[Row]
    isolation: tuple[str, ...]
    passes: list[Mapping[str, Feed]]


def _begun(
    walk: Walk, request: Request, make_reader: MakeReader | None, progress: Progress | None, keep: Keep | None
) -> _Begun:
    plan = planned(request)
    _ready(plan.measures, request)
    budget = _budget(walk, request)
    watched = budget.watched(progress)
    aside = bool(walk.aside)
    walk, rows, isolation = read_walk(walk, make_reader or _here, plan.made, budget)
    facts = Facts(fact for row in rows for fact in row.facts)
    material = Material(request, walk, facts.rows, watched, keep)
    passes = [row.begin(material) for row in plan.reading if row.begin]
    return _Begun(plan, budget, watched, walk, aside and not walk.aside, rows, isolation, passes)


def _feeds(passes: Iterable[Mapping[str, Feed]], known: Collection[str] = ()) -> dict[str, list[Feed]]:
    """The feeds of each file that is to be read."""
    feeds: dict[str, list[Feed]] = {}
    for found in passes:
        for artifact, feed in found.items():
            if artifact not in known:
                feeds.setdefault(artifact, []).append(feed)
    return feeds


def concluded(read: Gathered, walk: Walk, request: Request, progress: Progress | None = None) -> Dossier:
    """The dossier of what was gathered from these files, now or before, by the rules of the request."""
    request = request.of(walk.name)
    plan = planned(request)
    _ready(plan.deriving, request)
    budget = _budget(walk, request)
    watched = budget.watched(progress)
    walk = reach.whole(walk) if read.whole else walk
    facts = Facts((*read.facts, *plan.refused, *request.policy.limits))
    for found in budget.run(plan.deriving, lambda: Material(request, walk, facts.rows, watched)):
        facts.add(found)
    files_ = manifest(facts.all("Artifact"), walk.excluded, walk.reference if walk.closed else "")
    subject = Subject(walk.name, walk.reference, files_.digest, files_.named)
    findings = with_excerpts(tuple(answered(facts, request, subject.closed)), walk, facts)
    judged = policy.judged(
        findings,
        request.policy,
        policy.Judged(files_, facts.all("Nature")[0].kind, request.wanted),
        request.known,
        request.as_of,
    )
    given = tuple(sorted({measure.given for measure in plan.measures if measure.given}))
    ran = Ran(budget.limits, read.isolation, read.kernels, given)
    return recorded(subject, facts, request, judged, ran, walk)


def isolated(walk: Walk, request: Request) -> MakeReader:
    """What makes the reader of these files as the request asks: in a locked-down process, unless it says otherwise."""
    return partial(_reader, walk, request)


def _budget(walk: Walk, request: Request) -> Budget:
    far = walk.far and request.cost is Cost.HEADER
    return Budget(walk.entries, request.max_time, request.max_bytes, far=far)


def _ready(measures: Iterable[Measure], request: Request) -> None:
    for measure in measures:
        if measure.ready:
            measure.ready(request)


def _reader(walk: Walk, request: Request, needed: tuple[str, ...]) -> Reader:
    if not needed:
        return _here(needed)
    return reader_for(
        walk,
        needed,
        isolated=request.isolation,
        require=request.require_isolation,
        tensors=tensors(sum(entry.size for entry in walk.entries)),
    )


def _here(needed: tuple[str, ...]) -> Reader:
    from assay.isolation import InProcess

    return InProcess()
