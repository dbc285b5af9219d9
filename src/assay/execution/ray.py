"""Tasks on a Ray cluster: `ray.remote` and `ray.wait`, nothing else of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from assay.errors import MissingExtra

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")
EVERY = 0.5  # seconds between two ticks


class Ray:
    """The cluster that Ray finds, or one on this machine. Files must lie where every node reads them."""

    def __init__(self) -> None:
        try:
            self._ray: Any = importlib.import_module("ray")
        except ImportError:
            raise MissingExtra("ray", "running on Ray") from None

    def run(
        self, function: Callable[[Task], Outcome], tasks: Sequence[Task], tick: Callable[[], None]
    ) -> Iterator[tuple[int, Outcome]]:
        """See `Executor.run`."""
        remote = self._ray.remote(function)
        waiting = {remote.remote(task): index for index, task in enumerate(tasks)}
        try:
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
        except self._ray.exceptions.RayTaskError as failed:
            raise (failed.cause if failed.cause is not None else failed) from None
