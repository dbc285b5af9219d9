"""Tasks in processes of this machine."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

from assay.errors import UsageError

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")
EVERY = 0.5  # seconds between two ticks
PR_SET_PDEATHSIG = 1  # linux/prctl.h


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
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent) as pool:
            waiting = {pool.submit(function, task): index for index, task in enumerate(tasks)}
            try:
                while waiting:
                    done, _ = wait(waiting, timeout=EVERY, return_when=FIRST_COMPLETED)
                    tick()
                    for future in done:
                        yield waiting.pop(future), future.result()
            except BrokenProcessPool:
                raise UsageError(
                    "a worker process died, for want of memory or of a damaged input; run again with fewer --jobs: what is finished is kept"
                ) from None
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


def _end_with_parent() -> None:
    """Die when the process that started this one is killed (Linux; elsewhere such a process ends after its task)."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
