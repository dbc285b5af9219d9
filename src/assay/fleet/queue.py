"""A fleet shared out through the registry: several machines take its models one by one, without Ray.

Models, policies and the registry's store must lie where every machine reads them. Each model is held by a lease that
its worker renews; when a worker is lost another takes the model, and it is kept once (`assay.registry.queue`).
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from threading import Event, Thread

from assay import registry
from assay.errors import TaskLost, UsageError
from assay.execution import Failed, Ok
from assay.execution.local import Local
from assay.execution.outcome import attempted
from assay.facts.codec import Mismatch, decode, encode, sha256
from assay.facts.fleet import FleetRow
from assay.fleet.auditing import Task, audit, in_parts, part, sizes
from assay.fleet.models import without
from assay.lazy import dataclass
from assay.pipeline.parts import Part
from assay.progress import Progress, report
from assay.registry.queue import MOST_TAKINGS, Ended, Queue, Taken, Waiting, worker
from assay.subject.fetching import Limits
from assay.version import VERSION

LEASE = 60.0  # seconds after which a model whose worker is not heard of is given to another
PAUSE = 0.5  # seconds between two looks for a task where none waits
MOST_LOST = 1000  # processes of one run that may die here, each while another goes on


@dataclass(frozen=True, slots=True)
class Share:
    """What workers take part in: a registry, under which name, and how long each holds a model without being heard of.

    It ends when nothing is left of `run` (empty: of any), or with `stay` when it is told to. With `offline` no model is
    fetched, whatever a task says, and what is fetched is within `limits`.
    """

    where: str
    name: str
    lease: float = LEASE
    run: str = ""
    stay: bool = False
    offline: bool = False
    limits: Limits | None = None


def fleet(
    tasks: Sequence[Task], jobs: int, lease: float = LEASE, progress: Progress | None = None, part_size: int = 0
) -> tuple[FleetRow, ...]:
    """A row for each task, in their order, done by `jobs` processes here and by whoever else takes part.

    A run of the same tasks that was interrupted today is gone on with. Files of models of twice `part_size` bytes or
    more are read by several at once.

    Raises:
        UsageError: the registry cannot be used.
        Stopped: `progress` asked for an end; what was done is kept, and what is left waits.
    """
    plain = [replace(task, where="", by="", limits=None) for task in tasks]
    waiting = _waiting(tasks, part_size)
    with registry.open(tasks[0].where, new=True) as kept:
        queue = Queue(kept.database)
        run = queue.put(sha256(tuple(plain)), waiting)

        def tick() -> None:
            report(progress, "auditing", len(tasks) - min(queue.left(run), len(tasks)), len(tasks), "models")

        _until_none_is_left(Share(tasks[0].where, worker(), lease, run, limits=tasks[0].limits), jobs, tick)
        if left := queue.left(run):
            raise UsageError(f"{left:,} models are left, and {MOST_LOST:,} processes died: run it again to go on")
        found = tuple(_row(tasks[row.number], row) for row in queue.ended(run))
        queue.close(run)
    return found


def _waiting(tasks: Sequence[Task], part_size: int) -> list[Waiting]:
    """What is to be queued: the tasks, and after them the parts of large models, which are taken before these."""
    plain = [replace(task, where="", limits=None) for task in tasks]
    found = sizes(tasks)
    parts: list[Waiting] = []
    for index, task in enumerate(plain):
        own = [row for _, row in in_parts(index, task, part_size)]
        first = len(tasks) + len(parts)
        plain[index] = replace(task, after=tuple(range(first, first + len(own))))
        parts += [Waiting(_written(row), found[index] + 1, part=True) for row in own]
    return [Waiting(_written(task), size) for task, size in zip(plain, found, strict=True)] + parts


def worked(share: Share, jobs: int) -> tuple[int, tuple[tuple[str, int], ...]]:
    """Take part with so many processes (UsageError: the registry cannot be used).

    Returns:
        How many models they audited; and for which other versions of assay how many wait.
    """
    with registry.open(share.where) as kept:
        _until_none_is_left(share, jobs, lambda: None)
        queue = Queue(kept.database)
        return queue.done(share.name), queue.others()


def _until_none_is_left(share: Share, jobs: int, tick: Callable[[], None]) -> None:
    """Have `jobs` processes work; one that dies is replaced."""
    with closing(Local(jobs).run(work, [share] * (jobs + MOST_LOST), tick)) as workers:
        for _, outcome in workers:
            if isinstance(outcome, Ok):
                return  # one says so when no other holds anything either
            if not isinstance(outcome.error, TaskLost):
                raise outcome.noted()


def work(share: Share) -> None:
    """Take models and audit them until none is left (UsageError: the registry cannot be used)."""
    name = f"{share.name} {os.getpid()}"
    with registry.open(share.where) as kept:
        queue = Queue(kept.database)
        while True:
            taken = queue.take(name, share.lease, share.run)
            if taken is not None and _do(queue, taken, share):
                continue
            if taken is not None:  # it waits for what others are at
                time.sleep(PAUSE)
            elif share.stay or queue.left(share.run):
                time.sleep(PAUSE * random.uniform(0.5, 1.5))  # noqa: S311 - not all who wait ask at once
            else:
                return


def _do(queue: Queue, taken: Taken, share: Share) -> bool:
    """Do one task, and say what became of it, unless it is in other hands by then; False: it is to be done later."""
    try:
        task = replace(decode(Task, json.loads(taken.payload)), where=share.where, token=taken.token)
        task = replace(task, offline=task.offline or share.offline, limits=share.limits)
    except (Mismatch, ValueError) as cause:
        # its own row says so; the other models are none the worse
        queue.finish(taken, json.dumps(f"what is written in the queue for it is no task of assay {VERSION}: {cause}"))
        return True
    if task.after:
        found = queue.outcomes(taken.run, task.after)
        if found is None:
            queue.put_back(taken)
            return False
        task = replace(task, parts=tuple(_parts(found)))
    with _held(queue, taken, share.lease):
        outcome: Ok[object] | Failed = attempted(part if task.paths else audit, task)
    if isinstance(outcome, Ok):
        queue.finish(taken, _written(outcome.value))
    elif task.paths:  # whoever audits the model reads these files too, and says what is wrong
        queue.finish(taken, "[]")
    else:
        queue.finish(taken, _written(without(task.entry, f"{type(outcome.error).__name__}: {outcome.error}")))
    return True


def _parts(outcomes: Sequence[str]) -> Iterator[Part]:
    """What was read of files in full; what cannot be understood is read again."""
    for outcome in outcomes:
        with suppress(Mismatch, ValueError):
            yield from decode(tuple[Part, ...], json.loads(outcome))


@contextmanager
def _held(queue: Queue, taken: Taken, lease: float) -> Iterator[None]:
    """Hold a task until the end of the block, by a thread that says so three times in each lease."""
    ended = Event()

    def beat() -> None:
        while not ended.wait(lease / 3):
            with suppress(UsageError):  # the server is away: it may be back before the lease is over
                if not queue.hold(taken, lease):
                    return

    thread = Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _row(task: Task, ended: Ended) -> FleetRow:
    if not ended.outcome:
        return without(task.entry, f"{MOST_TAKINGS} workers that had it were lost, the last of them {ended.worker}")
    outcome = json.loads(ended.outcome)
    return without(task.entry, outcome) if isinstance(outcome, str) else decode(FleetRow, outcome)


def _written(value: object) -> str:
    return json.dumps(encode(value))
