"""A model that the workbench runs, and the work for it: one piece after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from assay.network.serving import Refusal

if TYPE_CHECKING:
    from assay.runtime import Runtime

LOOKS, LOOK = 4, 300.0  # looks inside that wait or are worked on, and seconds after which one is given up

P = ParamSpec("P")
T = TypeVar("T")


class Running:
    """A model that is ready, with a thread of its own."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._looks = threading.BoundedSemaphore(LOOKS)
        self._worker = ThreadPoolExecutor(1)

    def begin(self, work: Callable[P, T], *args: P.args, **values: P.kwargs) -> Future[T]:
        """What a piece of work will give, once those before it are done."""
        return self._worker.submit(work, *args, **values)

    def turn(self, work: Callable[[], T]) -> T:
        """What a piece of work gives, when those before it are done (Refusal: it took too long)."""
        if self._looks.acquire(blocking=False):
            done = self._worker.submit(work)
            done.add_done_callback(lambda _: self._looks.release())
            try:
                return done.result(LOOK)
            except TimeoutError:
                done.cancel()
        raise Refusal(503, "The model has other work to do: come again.")

    def close(self) -> None:
        """Forget what waits, and wait for what runs."""
        self._worker.shutdown(cancel_futures=True)
