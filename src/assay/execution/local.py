"""Tasks in processes of this machine, each with a pipe of its own: if one dies, it is known which task it had."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator, Sequence
from multiprocessing import connection, get_context, parent_process
from multiprocessing.connection import Connection
from threading import Thread
from typing import Any, Generic, TypeVar

from assay.errors import TaskLost
from assay.execution.cores import usable
from assay.execution.outcome import Failed, Ok, attempted, portable, unsent

Task = TypeVar("Task")
Value = TypeVar("Value")
EVERY = 0.5  # seconds between two ticks
PATIENCE = 5.0  # seconds in which a process that has nothing left to do has to end by itself


class Local:
    """`jobs` processes, started afresh so that nothing of this one leaks into them; 0: this process does it all."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs

    def run(
        self, function: Callable[[Task], Value], tasks: Sequence[Task], tick: Callable[[], None]
    ) -> Generator[tuple[int, Ok[Value] | Failed], None, None]:
        """See `Executor.run`."""
        if not self._jobs:
            for index, task in enumerate(tasks):
                yield index, attempted(function, task)
                tick()
            return
        waiting = list(enumerate(tasks))[::-1]
        workers: list[_Worker[Value]] = []
        busy: dict[_Worker[Value], int] = {}
        try:
            while waiting or busy:
                while waiting and len(busy) < self._jobs:
                    index, task = waiting.pop()
                    worker = next((row for row in workers if row not in busy and row.alive), None)
                    if worker is None:
                        worker = _Worker(function, max(1, usable() // self._jobs))
                        workers.append(worker)
                    if (unsendable := worker.begin(task)) is None:
                        busy[worker] = index
                    else:
                        yield index, unsendable
                if busy:
                    connection.wait([source for worker in busy for source in worker.sources], EVERY)
                tick()
                for worker, index in list(busy.items()):
                    outcome = worker.outcome()
                    if outcome is not None:
                        del busy[worker]
                        yield index, outcome
        finally:
            for worker in workers:
                worker.end(at_once=worker in busy)  # an error, or Ctrl-C: nobody wants what is being worked on


class _Worker(Generic[Value]):
    """One process that does one task after another."""

    def __init__(self, function: Callable[[Any], Value], cores: int) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, function, cores), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def sources(self) -> tuple[Any, Any]:
        """What becomes readable when there is an outcome."""
        return self._pipe, self._process.sentinel

    @property
    def alive(self) -> bool:
        """Whether it can do another task."""
        return self._process.is_alive()

    def begin(self, task: object) -> Failed | None:
        """Hand over a task, unless it cannot be pickled."""
        sent = attempted(self._pipe.send, task)
        if isinstance(sent, Failed) and not isinstance(sent.error, OSError):
            return sent
        return None  # if the process is dead, `outcome` finds it out and says so

    def outcome(self) -> Ok[Value] | Failed | None:
        """What became of the task; None while it is worked on."""
        ended = not self.alive  # asked first: what a process sends before it ends can be read afterwards
        if not self._pipe.poll():
            return self._lost() if ended else None
        found: Ok[Ok[Value] | Failed] | Failed = attempted(Connection.recv, self._pipe)
        if isinstance(found, Failed):
            return self._lost() if isinstance(found.error, EOFError | OSError) else found
        return found.value

    def _lost(self) -> Failed:
        self._process.join(PATIENCE)
        self._process.kill()  # it closed its pipe and goes on: nobody can ask it any more
        self._process.join()
        code = self._process.exitcode or 0
        how = f"ended with status {code}"
        if code < 0:
            name = next((row.name for row in signal.Signals if row == -code), str(-code))
            how = f"was ended by {name}{', perhaps for want of memory' if name == 'SIGKILL' else ''}"
        return Failed(TaskLost(f"the process that worked on it {how}"))

    def end(self, *, at_once: bool) -> None:
        """Let it end, or end it."""
        self._pipe.close()
        if not at_once:
            self._process.join(PATIENCE)
        self._process.kill()
        self._process.join()
        self._process.close()


def _serve(pipe: Connection, function: Callable[[Any], object], cores: int) -> None:
    """Do tasks until the pipe is closed, each on no more than its share of the cores."""
    # read when numpy is imported: threads that wait for cores which others have cost a hundred times the computation
    os.environ.setdefault("OPENBLAS_NUM_THREADS", str(cores))
    # Ctrl-C reaches every process of a terminal: what it means is up to the one that started the others
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    while True:
        task: Ok[Any] | Failed = attempted(Connection.recv, pipe)
        if isinstance(task, Failed) and isinstance(task.error, EOFError):
            return
        outcome = portable(attempted(function, task.value) if isinstance(task, Ok) else task)
        sent = attempted(pipe.send, outcome)
        if isinstance(sent, Failed):
            pipe.send(unsent(outcome, sent.error))


def _end_with_parent() -> None:
    """Die when the process that started this one is killed, whenever that is: nobody waits for the task any more."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
