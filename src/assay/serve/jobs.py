"""The audits that were started from the workbench: some at a time, the others wait, each can be ended.

Each is on record in the registry (`registry.jobs`), so that it is known after its server has ended, however that was.
How far those are that run here is known here alone.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from assay.errors import UsageError
from assay.facts.job import Job, State
from assay.registry.jobs import Record
from assay.serve.process import Process, Progress, sentence
from assay.text.instant import instant

MOST_WAITING = 100
MOST_KEPT = 200  # jobs that are listed, and of those that ended how many are held in memory
LONGEST = 4096  # characters of a model's path or name
_HUB = "hf://"


class Full(UsageError):
    """As many audits, or questions, wait as may."""


class Jobs:
    """Audits kept in one registry, `at_once` of them at a time; closing ends those that run or wait.

    `registry` is its place, as the command is given it.
    """

    def __init__(self, registry: str, record: Record, *, offline: bool = False, at_once: int = 2) -> None:
        self._registry, self._record, self._offline, self._at_once = registry, record, offline, at_once
        self._lock, self._ending = threading.Lock(), threading.Event()
        self._jobs: dict[int, Job] = {}  # of this server
        self._tokens: dict[int, str] = {}
        self._waiting: deque[int] = deque()
        self._running: dict[int, Process | None] = {}
        self._threads: set[threading.Thread] = set()
        self._closed = self._holding = False
        self.over: Callable[[], bool] = lambda: self._closed  # whether who watches should stop

    def start(self, model: str, by: str) -> Job:
        """A new audit of a model, a path or `hf://org/name[@revision]` (UsageError: it is none; Full)."""
        model = _model(model)
        with self._lock:
            if len(self._waiting) >= MOST_WAITING or self._closed:
                raise Full(f"{MOST_WAITING} audits wait already: start this one later")
        job, token = self._record.new(model, by)  # not under the lock, which pages wait for: the database may be busy
        with self._lock:
            if not self._holding:
                self._holding = True
                threading.Thread(target=self._hold, daemon=True).start()
            self._jobs[job.id], self._tokens[job.id] = job, token
            self._waiting.append(job.id)
            self._forget()
            self._next()
        return self.one(job.id)

    def one(self, id: int) -> Job:
        """A job (UsageError: there is none of this number)."""
        return self.own(id) or self._record.one(id)

    def own(self, id: int) -> Job | None:
        """A job of this server, without asking the registry; None: it is none, or ended long ago."""
        with self._lock:
            return self._jobs.get(id)

    def last(self) -> tuple[Job, ...]:
        """The last of them, also those of other servers and of earlier ones, the latest first."""
        rows = self._record.last(MOST_KEPT)
        with self._lock:
            return tuple(self._jobs.get(row.id, row) for row in rows)

    def states(self) -> Counter[State]:
        """How many jobs of this server there are in each state."""
        with self._lock:
            return Counter(job.state for job in self._jobs.values())

    def cancel(self, id: int, by: str = "") -> Job:
        """End a job, if it has not ended; what it kept by then is kept.

        Raises UsageError: there is none, or another server runs it.
        """
        job = self.own(id) or self._record.one(id)
        with self._lock:
            if job.id not in self._jobs and not job.state.ended:
                raise UsageError(f"another assay serve runs job {id}: cancel it there")
            if job.id in self._waiting:
                self._waiting.remove(id)
                self._change_to(id, state=State.CANCELLED, ended=_now(), ended_by=by)
            elif job.id in self._running:
                self._change_to(id, state=State.ENDING, ended_by=by)
                process = self._running[id]
                if process:
                    process.end()
            found = self._jobs.get(id, job)
        if found.state is State.CANCELLED and not job.state.ended:
            self._put_down(found)
        return found

    def close(self) -> None:
        """End all that run, and wait until they have ended."""
        with self._lock:
            self._closed = True
            threads, ids = tuple(self._threads), tuple(self._jobs)
        for id in ids:
            self.cancel(id)
        for thread in threads:
            thread.join()
        self._ending.set()

    def _hold(self) -> None:
        """Say again and again that this server lives."""
        while not self._ending.wait(self._record.lease / 3):
            with suppress(UsageError):  # the next time may go better; until then others take its jobs for interrupted
                self._record.hold()

    def _next(self) -> None:
        """Begin what waits, as far as there is room; the lock is held."""
        while self._waiting and len(self._running) < self._at_once:
            id = self._waiting.popleft()
            self._running[id] = None
            thread = threading.Thread(target=self._run, args=(id,), daemon=True)
            self._threads.add(thread)
            thread.start()

    def _run(self, id: int) -> None:
        """One audit, from its start to its end."""
        found: dict[str, Any] = {"state": State.FAILED, "said": "the audit could not be started"}
        try:
            with suppress(UsageError):  # it runs all the same, and only others are told later
                self._record.begun(id)
            process = Process(self._jobs[id].model, self._registry, self._tokens[id], offline=self._offline)
            with self._lock:
                self._running[id] = process
                if self._jobs[id].state is State.ENDING:  # it was cancelled meanwhile
                    process.end()
                else:
                    self._change_to(id, state=State.RUNNING)
            ended = process.wait(lambda told: self._told(id, told))
            done = ended.status in (0, 1, 3) or bool(ended.kept)  # it may have been told to end after it kept
            cancelled = self._jobs[id].state is State.ENDING
            state = State.DONE if done else State.CANCELLED if cancelled else State.FAILED
            said = "" if state is not State.FAILED else sentence(ended.said) or f"it ended with status {ended.status}"
            found = {"state": state, "said": said, "kept": ended.kept}
        except (OSError, ValueError) as cause:
            found["said"] = f"the audit could not be started: {cause}"
        finally:
            with self._lock:
                self._running.pop(id)
                self._change_to(id, ended=_now(), **found)
                job = self._jobs[id]
                self._next()
            self._put_down(job)
            with self._lock:
                self._threads.discard(threading.current_thread())

    def _put_down(self, job: Job) -> None:
        """Say on record that a job has ended."""
        with suppress(UsageError):  # on record it is seen as interrupted then, or as done by what it kept
            self._record.end(job.id, job.state, job.said, job.ended_by)

    def _told(self, id: int, told: Progress) -> None:
        with self._lock:
            self._change_to(id, label=told.label, done=told.done, total=told.total, unit=told.unit)

    def _change_to(self, id: int, **values: Any) -> None:
        self._jobs[id] = replace(self._jobs[id], **values)

    def _forget(self) -> None:
        """Forget the oldest that ended, beyond those that are kept."""
        over = [id for id, job in self._jobs.items() if job.state.ended]
        for id in over[: max(0, len(over) - MOST_KEPT)]:
            del self._jobs[id], self._tokens[id]


def _now() -> str:
    return instant(datetime.now(UTC))


def _model(text: str) -> str:
    model = text.strip()
    if not model or len(model) > LONGEST or not model.isprintable():
        raise UsageError(f"a model is a path or hf://org/name, of at most {LONGEST:,} printable characters")
    if "://" in model and not model.startswith(_HUB):
        raise UsageError(f"{model[:80]!r} is not audited from here: give a folder, a file or hf://org/name[@revision]")
    return model
