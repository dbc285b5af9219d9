"""Audit every model of a fleet: what is as it was is answered from the registry, the rest is read, by several at once.

Each audit is kept as soon as it is done. So a run that is killed goes on where it was, and two runs at once do no harm.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime

from assay import policy, registry
from assay.errors import AssayError, MissingExtra, UsageError
from assay.execution import Executor, Ok
from assay.facts.fleet import FleetRow
from assay.facts.kept import KeptAudit
from assay.fleet.models import Entry
from assay.lazy import dataclass
from assay.pipeline import audited, requested
from assay.progress import Progress, report
from assay.subject import opened
from assay.version import VERSION


@dataclass(frozen=True, slots=True)
class Task:
    """One model to audit: its entry, and how; all of it can be sent to another process or machine."""

    entry: Entry
    where: str
    by: str
    offline: bool = False
    again: bool = False
    cost: str = "weights"
    max_time: int | None = None
    max_bytes: int | None = None


def fleet(tasks: Sequence[Task], executor: Executor, progress: Progress | None = None) -> tuple[FleetRow, ...]:
    """A row for each task, in their order. A model that cannot be audited is a row that says why.

    Raises:
        UsageError: what concerns all of them, such as a registry that cannot be used.
        Stopped: `progress` asked for an end; what was done is kept.
    """
    with registry.open(tasks[0].where, new=True):  # before any work: it is there, and can be used
        pass
    rows: dict[int, FleetRow] = {}

    def tick() -> None:
        if progress:
            report(progress, "auditing", len(rows), len(tasks), "models")

    with closing(executor.run(audit, tasks, tick)) as outcomes:
        for index, outcome in outcomes:
            if isinstance(outcome, Ok):
                rows[index] = outcome.value
            elif isinstance(outcome.error, MissingExtra) or not isinstance(outcome.error, AssayError | MemoryError):
                raise outcome.noted()
            else:
                rows[index] = _without(tasks[index], str(outcome.error) or type(outcome.error).__name__)
            tick()
    return tuple(rows[index] for index in range(len(tasks)))


def audit(task: Task) -> FleetRow:
    """The row of one model, its audit kept (UsageError: the registry cannot be used)."""
    entry = task.entry
    with registry.open(task.where) as kept:
        key = _key(task)
        try:
            state = "" if task.again else _state(entry.opened, offline=task.offline)
            known = kept.seen(key, state, by=task.by) if state else None
            if known:
                return FleetRow(entry.reference, entry.place, entry.group, known, known, False, "")
            dossier = audited(
                requested(
                    entry.opened, policy=entry.policy, offline=task.offline, cost=task.cost,
                    max_time=task.max_time, max_bytes=task.max_bytes,
                )
            )  # fmt: skip
        except UsageError as cause:
            return _without(task, str(cause))
        before = _latest(kept, dossier.subject.name)
        found = kept.keep(dossier, registry.beside(dossier, entry.opened), by=task.by)
        if state:
            kept.remember(key, state, found)
    return FleetRow(entry.reference, entry.place, entry.group, found, before, True, "")


def _without(task: Task, trouble: str) -> FleetRow:
    entry = task.entry
    return FleetRow(entry.reference, entry.place, entry.group, None, None, False, trouble)


def _latest(kept: registry.Registry, name: str) -> KeptAudit | None:
    try:
        return kept.history(name, 1)[0]
    except UsageError:
        return None


def _key(task: Task) -> str:
    """What the answer depends on besides the files: the reference, the rules, the limits, the day if waivers expire."""
    rules = policy.load(task.entry.policy)
    day = datetime.now(UTC).date().isoformat() if rules.waivers else ""
    parts = (task.entry.opened, rules.sha256, VERSION, task.cost, str(task.max_time), str(task.max_bytes), day)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()


def _state(reference: str, *, offline: bool) -> str:
    """A digest of the files as the system lists them: path, size, number, times of change. Empty: nobody can know.

    A file cannot be changed without its time of change, which only who rules the machine can set.
    """
    walk = opened(reference, offline=offline)
    if walk.closed:
        return ""
    rows = [repr((entry.path, entry.size, entry.place.identity)) for entry in walk.entries]
    rows += [repr((row.artifact, row.trouble, row.reason)) for row in walk.obstacles]
    whole = "\0".join((walk.reference, *sorted(rows)))
    return hashlib.sha256(whole.encode("utf-8", "backslashreplace")).hexdigest()
