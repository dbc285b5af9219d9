"""The steps of an audit, in their order: read, measure, judge, record."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from assay import kernels, policy, writing
from assay.facts.artifact import manifest
from assay.facts.dossier import Dossier, Subject
from assay.isolation import Reader, reader_for
from assay.measures import Feed, Material
from assay.pipeline.answer import answered
from assay.pipeline.budget import Budget, tensors
from assay.pipeline.excerpt import with_excerpts
from assay.pipeline.fact import Facts
from assay.pipeline.plan import planned
from assay.pipeline.reading import MakeReader, fed, hash_all, read_walk
from assay.pipeline.record import Ran, recorded
from assay.pipeline.request import Request
from assay.progress import Progress
from assay.subject import Walk
from assay.subject.reference import opened

if TYPE_CHECKING:
    from assay.weights.summaries import Keep


def audited(request: Request, progress: Progress | None = None) -> Dossier:
    """Open what the request names, audit it, and write the histograms that it asks for.

    Raises UsageError: the model, its base, a corpus or a trust file cannot be used as given.
    """
    walk = opened(request.model, offline=request.offline)
    make = partial(_reader, walk, request)
    if request.histograms is None:
        return examined(walk, request, make, progress)
    from assay.weights.histograms import Kept

    kept = Kept()
    dossier = examined(walk, request, make, progress, kept.take)
    writing.write(request.histograms, kept.encoded(dossier.subject.sha256))
    return dossier


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
    request = request.of(walk.name)
    plan = planned(request)
    for measure in plan.measures:
        if measure.ready:
            measure.ready(request)
    budget = Budget(walk.entries, request.max_time, request.max_bytes)
    progress = budget.watched(progress)
    walk, rows, isolation = read_walk(walk, make_reader or _here, plan.made, budget)
    facts = Facts(fact for row in rows for fact in row.facts)
    begun = [row.begin(Material(request, walk, facts.rows, progress, keep)) for row in plan.measures if row.begin]
    feeds: dict[str, list[Feed]] = {}
    for found in begun:
        for artifact, feed in found.items():
            feeds.setdefault(artifact, []).append(feed)
    digests = hash_all(walk.entries, feeds, request.jobs, progress, budget)
    rows = [row.hashed(digest) for row, digest in zip(rows, digests, strict=True)]
    facts = Facts(
        (
            *(row.artifact for row in rows),
            *walk.obstacles,
            *(obstacle for row in rows for obstacle in row.obstacles),
            *(fact for row in rows for fact in row.facts),
            *fed(begun, rows),
            *plan.refused,
            *request.policy.limits,
        )
    )
    for made in budget.run(plan.measures, lambda: Material(request, walk, facts.rows, progress, keep)):
        facts.add(made)
    files_ = manifest(facts.all("Artifact"), walk.excluded)
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
    ran = Ran(budget.limits, isolation, kernels.name() if feeds else "none needed", given)
    return recorded(subject, facts, request, judged, ran, walk)


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
