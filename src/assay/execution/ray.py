"""Tasks on a Ray cluster: `ray.remote` and `ray.wait`, nothing else of it."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

from assay.errors import MissingExtra, TaskLost, UsageError
from assay.execution.outcome import Failed, Ok, attempted, portable, unsent

Task = TypeVar("Task")
Value = TypeVar("Value")
EVERY = 0.5  # seconds between two ticks
CONNECT = 10.0  # seconds in which a cluster's address has to answer
AGAIN = 1  # times that a task is started again when its process is lost: a machine may be taken away, an input may kill


class Ray:
    """The cluster that Ray finds, or one on this machine. Files must lie where every node reads them.

    A task whose process is lost is started once more, perhaps on another machine: it must be repeatable.
    """

    def __init__(self) -> None:
        try:
            self._ray: Any = importlib.import_module("ray")
        except ImportError:
            raise MissingExtra("ray", "running on Ray") from None
        try:
            if not self._ray.is_initialized():
                _reached(os.environ.get("RAY_ADDRESS", ""))
                self._ray.init(log_to_driver=False, logging_level="error")
        except Exception as cause:  # noqa: BLE001 - a plain one where Ray's own node is too slow to start
            said = str(cause).strip().partition("\n")[0] or type(cause).__name__
            raise UsageError(
                f"Ray cannot be started here, or its cluster not reached: {said}; see  ray status"
            ) from None

    def run(
        self, function: Callable[[Task], Value], tasks: Sequence[Task], tick: Callable[[], None]
    ) -> Generator[tuple[int, Ok[Value] | Failed], None, None]:
        """See `Executor.run`."""

        def answered(task: Task) -> Ok[Value] | Failed:
            return portable(attempted(function, task))

        remote = self._ray.remote(max_retries=AGAIN)(answered)
        waiting: dict[Any, int] = {}
        try:
            for index, task in enumerate(tasks):
                started = attempted(remote.remote, task)
                if isinstance(started, Failed):
                    yield index, started
                else:
                    waiting[started.value] = index
            while waiting:
                done, _ = self._ray.wait(list(waiting), num_returns=1, timeout=EVERY)
                tick()
                for reference in done:
                    yield waiting.pop(reference), self._outcome(reference)
        finally:
            for reference in waiting:
                self._ray.cancel(reference)

    def _outcome(self, reference: Any) -> Any:
        try:
            return self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as unsendable:
            return unsent(Ok(None), unsendable.cause or unsendable)
        except self._ray.exceptions.RayError as lost:
            return Failed(TaskLost(f"the process that worked on it is gone ({type(lost).__name__})"))


def _reached(address: str) -> None:
    """OSError where nobody listens at a cluster's address: Ray would ask 20 times, each for some 40 seconds.

    What is no host with a port, such as `auto`, Ray looks up by itself.
    """
    import socket

    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not (host and port.isdecimal()):
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT).close()
    except (OSError, OverflowError) as cause:
        raise OSError(f"nothing answers at {address}, which RAY_ADDRESS names ({cause})") from None
