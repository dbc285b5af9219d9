"""Tasks on a Ray cluster: `ray.remote` and `ray.wait`, nothing else of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

from assay.errors import MissingExtra, TaskLost, UsageError
from assay.execution.outcome import Failed, Ok, attempted, portable, unsent

Task = TypeVar("Task")
Value = TypeVar("Value")
EVERY = 0.5  # seconds between two ticks
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
                self._ray.init(log_to_driver=False, logging_level="error")
        except (OSError, RuntimeError, ValueError, self._ray.exceptions.RayError) as cause:
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
