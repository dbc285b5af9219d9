"""Tasks in processes of this machine."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, connection, get_context, parent_process
from threading import Thread
from typing import TypeVar

from assay.errors import UsageError

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")
EVERY = 0.5  # seconds between two ticks


class Local:
    """`jobs` processes, started afresh so that nothing of this one leaks into them; with none, this process does it all."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs

    def run(
        self, function: Callable[[Task], Outcome], tasks: Sequence[Task], tick: Callable[[], None]
    ) -> Iterator[tuple[int, Outcome]]:
        """See `Executor.run`."""
        if not self._jobs:
            for index, task in enumerate(tasks):
                yield index, function(task)
                tick()
            return
        workers = max(1, min(self._jobs, len(tasks)))
        before, finished = set(active_children()), False
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent) as pool:
            try:
                waiting = {pool.submit(function, task): index for index, task in enumerate(tasks)}
                while waiting:
                    done, _ = wait(waiting, timeout=EVERY, return_when=FIRST_COMPLETED)
                    tick()
                    for future in done:
                        yield waiting.pop(future), future.result()
                finished = True
            except BrokenProcessPool:
                raise UsageError(
                    "a worker process died, for want of memory or of a damaged input; run again with fewer --jobs: what is finished is kept"
                ) from None
            finally:
                if not finished:  # an error, or somebody pressed Ctrl-C: nobody wants what is being worked on
                    for worker in set(active_children()) - before:
                        worker.kill()


def _end_with_parent() -> None:
    """Die when the process that started this one is killed, whenever that happens; else it would wait for tasks for ever.

    Ctrl-C reaches every process of a terminal: what it means is up to the one that started the others.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
