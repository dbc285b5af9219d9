"""The audits that were started from the workbench: some at a time, the others wait, each can be ended."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from assay.errors import UsageError
from assay.facts.job import Job, State
from assay.serve.process import Process, Progress, sentence
from assay.text.instant import instant

MOST_WAITING = 100
MOST_KEPT = 200  # jobs that ended and are still told about
LONGEST = 4096  # characters of a model's path or name
_HUB = "hf://"


class Full(UsageError):
    """As many audits wait as may."""


class Jobs:
    """Audits kept in one registry, `at_once` of them at a time; closing ends those that run and forgets the others."""

    def __init__(self, registry: str, *, offline: bool = False, at_once: int = 2) -> None:
        self._registry, self._offline, self._at_once = registry, offline, at_once
        self._lock = threading.Lock()
        self._jobs: dict[int, Job] = {}
        self._waiting: deque[int] = deque()
        self._running: dict[int, Process | None] = {}
        self._threads: set[threading.Thread] = set()
        self._number, self._closed = 0, False
        self.over: Callable[[], bool] = lambda: self._closed  # whether who watches should stop

    def start(self, model: str) -> Job:
        """A new audit of a model, a path or `hf://org/name[@revision]` (UsageError: it is none; Full)."""
        model = _model(model)
        with self._lock:
            if len(self._waiting) >= MOST_WAITING or self._closed:
                raise Full(f"{MOST_WAITING} audits wait already: start this one later")
            self._number += 1
            job = Job(self._number, model, State.WAITING, _now())
            self._jobs[job.id] = job
            self._waiting.append(job.id)
            self._forget()
            self._next()
        return self.one(job.id)

    def one(self, id: int) -> Job:
        """A job (UsageError: there is none of this number, or no more)."""
        with self._lock:
            if id not in self._jobs:
                raise UsageError(f"there is no job {id}: jobs are forgotten when assay serve ends")
            return self._jobs[id]

    def all(self) -> tuple[Job, ...]:
        """All of them, the last one first."""
        with self._lock:
            return tuple(reversed(self._jobs.values()))

    def cancel(self, id: int) -> Job:
        """End a job, if it has not ended (UsageError: there is none); what it kept by then is kept."""
        job = self.one(id)
        with self._lock:
            if job.id in self._waiting:
                self._waiting.remove(id)
                self._change_to(id, state=State.CANCELLED, ended=_now())
            elif job.id in self._running:
                self._change_to(id, state=State.ENDING)
                process = self._running[id]
                if process:
                    process.end()
        return self.one(id)

    def close(self) -> None:
        """End all that run, and wait until they have ended."""
        with self._lock:
            self._closed = True
            threads = tuple(self._threads)
        for job in self.all():
            self.cancel(job.id)
        for thread in threads:
            thread.join()

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
            process = Process(self.one(id).model, self._registry, offline=self._offline)
            with self._lock:
                self._running[id] = process
                if self._jobs[id].state is State.ENDING:  # it was cancelled meanwhile
                    process.end()
                else:
                    self._change_to(id, state=State.RUNNING)
            ended = process.wait(lambda told: self._told(id, told))
            done = ended.status in (0, 1, 3) or bool(ended.kept)  # it may have been told to end after it kept
            cancelled = self.one(id).state is State.ENDING
            state = State.DONE if done else State.CANCELLED if cancelled else State.FAILED
            said = "" if state is not State.FAILED else sentence(ended.said) or f"it ended with status {ended.status}"
            found = {"state": state, "said": said, "kept": ended.kept}
        except (OSError, ValueError) as cause:
            found["said"] = f"the audit could not be started: {cause}"
        finally:
            with self._lock:
                self._running.pop(id)
                self._threads.discard(threading.current_thread())
                self._change_to(id, ended=_now(), **found)
                self._next()

    def _told(self, id: int, told: Progress) -> None:
        with self._lock:
            self._change_to(id, label=told.label, done=told.done, total=told.total, unit=told.unit)

    def _change_to(self, id: int, **values: Any) -> None:
        self._jobs[id] = replace(self._jobs[id], **values)

    def _forget(self) -> None:
        """Forget the oldest that ended, beyond those that are kept."""
        over = [id for id, job in self._jobs.items() if job.state.ended]
        for id in over[: max(0, len(over) - MOST_KEPT)]:
            del self._jobs[id]


def _now() -> str:
    return instant(datetime.now(UTC))


def _model(text: str) -> str:
    model = text.strip()
    if not model or len(model) > LONGEST or not model.isprintable():
        raise UsageError(f"a model is a path or hf://org/name, of at most {LONGEST:,} printable characters")
    if "://" in model and not model.startswith(_HUB):
        raise UsageError(f"{model[:80]!r} is not audited from here: give a folder, a file or hf://org/name[@revision]")
    return model
