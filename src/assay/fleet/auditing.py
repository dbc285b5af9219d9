"""Audit every model of a fleet: what is as it was is answered from the registry, the rest is read, by several at once.

Each audit is kept as soon as it is done. So a run that is killed goes on where it was, and two runs at once do no harm.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from functools import partial

from assay import registry
from assay.errors import AssayError, InputError, MissingExtra, UsageError
from assay.execution import Executor, Ok
from assay.facts.artifact import Obstacle
from assay.facts.codec import sha256
from assay.facts.fleet import FleetRow
from assay.facts.kept import KeptAudit
from assay.fleet import models
from assay.lazy import dataclass
from assay.pipeline import Request, code, concluded, gathered, isolated, read_in_full, requested
from assay.pipeline.gathered import Gathered, decoded, encoded, key
from assay.pipeline.parts import Part, groups
from assay.pipeline.plan import planned
from assay.progress import Progress, report
from assay.registry.companions import fingerprint
from assay.subject import Entry, Walk, reach
from assay.subject.fetching import Limits, ahead, within
from assay.subject.hub import Ahead
from assay.subject.reference import opened
from assay.version import VERSION


@dataclass(frozen=True, slots=True)
class Task:
    """One model to audit: its entry, and how; all of it can be sent to another process or machine."""

    entry: models.Entry
    where: str
    by: str
    offline: bool = False
    again: bool = False
    cost: str = "weights"
    max_time: int | None = None
    max_bytes: int | None = None
    token: str = ""  # under which its audit is kept, once
    limits: Limits | None = None  # on what is fetched
    paths: tuple[str, ...] = ()  # not empty: read these of its files in full, and no more
    after: tuple[int, ...] = ()  # tasks of its run that read its files in full
    parts: tuple[Part, ...] = ()  # what they gave


def fleet(
    tasks: Sequence[Task], executor: Executor, progress: Progress | None = None, part_size: int = 0
) -> tuple[FleetRow, ...]:
    """A row for each task, in their order. A model that cannot be audited is a row that says why.

    Args:
        part_size: bytes: files of models of twice as many or more are read by several at once; 0: of none.

    Raises:
        UsageError: what concerns all of them, such as a registry that cannot be used.
        Stopped: `progress` asked for an end; what was done is kept.
    """
    with registry.open(tasks[0].where, new=True):  # before any work: it is there, and can be used
        pass
    rows: dict[int, FleetRow] = {}
    found = sizes(tasks)
    # the largest first: one that comes last is waited for alone
    order = sorted(range(len(tasks)), key=lambda index: -found[index])
    tasks = _with_parts(tasks, executor, progress, part_size)

    def tick() -> None:
        if progress:
            report(progress, "auditing", len(rows), len(tasks), "models")

    with closing(executor.run(audit, [tasks[index] for index in order], tick)) as outcomes:
        for place, outcome in outcomes:
            index = order[place]
            if isinstance(outcome, Ok):
                rows[index] = outcome.value
            elif isinstance(outcome.error, MissingExtra) or not isinstance(outcome.error, AssayError | MemoryError):
                raise outcome.noted()
            else:
                rows[index] = models.without(tasks[index].entry, str(outcome.error) or type(outcome.error).__name__)
            tick()
    return tuple(rows[index] for index in range(len(tasks)))


def _with_parts(tasks: Sequence[Task], executor: Executor, progress: Progress | None, part_size: int) -> Sequence[Task]:
    """The tasks, those of large models with what was read of their files; what failed is read again, and told then."""
    asked = [row for index, task in enumerate(tasks) for row in in_parts(index, task, part_size)]
    if not asked:
        return tasks
    found: dict[int, list[Part]] = {}
    done = 0

    def tick() -> None:
        if progress:
            report(progress, "reading", done, len(asked), "parts of large models")

    with closing(executor.run(part, [task for _, task in asked], tick)) as outcomes:
        for place, outcome in outcomes:
            done += 1
            tick()
            if isinstance(outcome, Ok):
                found.setdefault(asked[place][0], []).extend(outcome.value)
    return [replace(task, parts=tuple(found.get(index, ()))) for index, task in enumerate(tasks)]


def in_parts(index: int, task: Task, size: int) -> Iterator[tuple[int, Task]]:
    """The tasks, each with this index, that read the files of a model on disk in parts of about so many bytes."""
    limited = task.cost == "header" or task.max_time is not None or task.max_bytes is not None
    if not size or limited or task.entry.trouble or not os.path.isdir(task.entry.opened):
        return
    yield from ((index, replace(task, paths=paths)) for paths in groups(dict(_files(task.entry.opened)), size))


def audit(task: Task) -> FleetRow:
    """The row of one model, its audit kept (UsageError: the registry cannot be used)."""
    entry = task.entry
    if entry.trouble:
        return models.without(entry, entry.trouble)
    with registry.open(task.where) as kept, ExitStack() as until:
        if task.token and (done := kept.under(task.token)):  # by a worker that was lost before it could say so
            return FleetRow(entry.reference, entry.place, entry.group, done, _before(kept, done), True, False, "")
        try:
            request = _request(task)
            how = {"offline": task.offline, "headers": task.cost == "header"}
            keys, found = _keys(request), ahead(task.limits, entry.opened, **how)
            if known := _known_by_its_commit(kept, keys, found, task):
                return FleetRow(entry.reference, entry.place, entry.group, known, known, False, False, "")
            walk = until.enter_context(within(task.limits, entry.opened, found, **how))
            states = _states(walk)
            old = () if task.again or not states.usual else (states.usual, states.whole)
            if known := kept.seen(keys.rules, old, by=task.by, token=task.token):
                return FleetRow(entry.reference, entry.place, entry.group, known, known, False, False, "")
            before = kept.read_before(keys.read, old)
            read = _facts(before) or gathered(walk, request, isolated(walk, request), parts=task.parts)
            dossier = concluded(read, walk, request)
        except UsageError as cause:
            return models.without(entry, str(cause))
        latest = kept.latest(dossier.subject.name)
        lasting = bool(not walk.closed and keys.read and read.lasting)
        beside = registry.beside(dossier, entry.opened, before, partial(fingerprint, walk, read, dossier))
        files = {**beside, **({"facts": encoded(read)} if lasting else {})}
        made = kept.keep(dossier, files, by=task.by, token=task.token)
        ours = bool(states.usual) and made.dossier == sha256(dossier)  # else another kept other files under it
        if ours:
            kept.remember(keys.rules, states.of(read), made)
        if ours and found and found.absent:  # what lay in the cache before may be another than the hub has
            kept.remember(keys.commit, _digest(found.reference), made)
        if ours and lasting:
            kept.remember(keys.read, states.of(read), made)
    return FleetRow(entry.reference, entry.place, entry.group, made, latest, not before, bool(before), "")


def part(task: Task) -> tuple[Part, ...]:
    """What the files of a task's `paths` give that are read in full; none where the model need not be read.

    Raises UsageError where the registry cannot be used; what is wrong with the model, its audit says.
    """
    with registry.open(task.where) as kept:
        try:
            request = _request(task)
            walk = opened(task.entry.opened, offline=task.offline)
        except (InputError, UsageError):
            return ()
        keys, states = _keys(request), _states(walk)
        old = () if task.again or not states.usual else (states.usual, states.whole)
        if kept.has_seen(keys.rules, old) or kept.has_seen(keys.read, old):
            return ()
        return read_in_full(walk, request, task.paths, isolated(walk, request))


def _request(task: Task) -> Request:
    return requested(
        task.entry.opened, policy=task.entry.policy, offline=task.offline, cost=task.cost,
        max_time=task.max_time, max_bytes=task.max_bytes,
    )  # fmt: skip


def _known_by_its_commit(kept: registry.Registry, keys: _Keys, found: Ahead | None, task: Task) -> KeptAudit | None:
    """The audit of a hub's model at this commit, where nothing of it is here that could be another."""
    if found is None or not found.absent or task.again:
        return None
    return kept.seen(keys.commit, (_digest(found.reference),), by=task.by, token=task.token)


def sizes(tasks: Sequence[Task]) -> list[int]:
    """About how many bytes each model has, as far as they are here; no trouble is told: who audits it tells."""
    return [sum(_sizes(task.entry.opened)) for task in tasks]


def _sizes(path: str) -> Iterator[int]:
    with suppress(OSError, ValueError):
        if not os.path.isdir(path):
            yield os.stat(path).st_size
        yield from (size for _, size in _files(path))


def _files(root: str) -> Iterator[tuple[str, int]]:
    """Each file below a folder, by its path there, with its size."""
    for folder, _, names in os.walk(root):
        for name in names:
            with suppress(OSError):
                path = os.path.join(folder, name)
                yield os.path.relpath(path, root).replace(os.sep, "/"), os.stat(path).st_size


def _facts(files: dict[str, bytes]) -> Gathered | None:
    """What was read of these very files by readers that have not changed since; without it `files` is emptied."""
    try:
        return decoded(files["facts"]) if files else None
    except UsageError:
        files.clear()
        return None


def _before(kept: registry.Registry, done: KeptAudit) -> KeptAudit | None:
    """The audit that was a model's latest before this one was kept last."""
    if done.times > 1:
        return done
    return next((row for row in kept.history(done.name, 2) if row.id != done.id), None)


@dataclass(frozen=True, slots=True)
class _Keys:
    """What an answer depends on besides the files: an audit on `rules`, what is read on `read` (empty: on more).

    By `commit` an audit is found of a hub's model that is no longer here.
    """

    rules: str
    read: str

    @property
    def commit(self) -> str:
        """Of the same as `rules`, and no other key."""
        return _digest("commit", self.rules)


def _keys(request: Request) -> _Keys:
    """Of the reference, the code, the policy and the limits; also of the day, if waivers expire."""
    rules = request.policy
    day = request.as_of.isoformat() if rules.waivers else ""
    parts = (rules.sha256, VERSION, code.whole(), request.cost, str(request.max_time), str(request.max_bytes), day)
    reading = key(request, planned(request))
    return _Keys(_digest(request.model, *parts), reading and _digest(request.model, reading))


@dataclass(frozen=True, slots=True)
class _States:
    """Digests of the files as the system lists them: path, size, number, times of change. Empty: nobody can know.

    A file cannot be changed without its time of change, which only who rules the machine can set. `whole` is with what
    Git keeps for itself, which is read where a file of the model names it, and else may change as it likes.
    """

    usual: str
    whole: str

    def of(self, read: Gathered) -> str:
        """The state on which depends what was read."""
        return self.whole if read.whole else self.usual


def _states(walk: Walk) -> _States:
    if walk.closed or any(not _identity(row) for row in (*walk.entries, *walk.aside) if isinstance(row, Entry)):
        return _States("", "")
    rows = sorted([*map(_listed, walk.entries), *map(_listed, walk.obstacles)])
    own = sorted(_listed(row) for row in walk.aside)
    names = sorted({path.partition("/")[0] for path in reach.aside(walk)})
    return _States(_digest(walk.reference, *rows, "", *names), _digest(walk.reference, *rows, "whole", *own))


def _listed(row: Entry | Obstacle) -> str:
    if isinstance(row, Obstacle):
        return repr((row.artifact, row.trouble, row.reason))
    return repr((row.path, row.size, _identity(row)))


def _identity(row: Entry) -> tuple[object, ...]:
    """What changes with a file, on disk or in a store; empty where nobody says by what."""
    place = row.place
    return place.identity if place.identity is not None else getattr(place.given, "state", ())


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()
