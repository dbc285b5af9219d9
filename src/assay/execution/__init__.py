"""Run many independent tasks, in this process, in local processes or on a Ray cluster: `Ok` or `Failed` for each."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Protocol, TypeVar

from assay.errors import UsageError
from assay.execution.outcome import Failed, Ok

__all__ = ["NAMES", "Executor", "Failed", "Ok", "executor"]

Task = TypeVar("Task")
Value = TypeVar("Value")
NAMES = ("local", "ray")


class Executor(Protocol):
    """Whoever runs tasks. Functions are importable by name, tasks and their values can be pickled."""

    def run(
        self, function: Callable[[Task], Value], tasks: Sequence[Task], tick: Callable[[], None]
    ) -> Generator[tuple[int, Ok[Value] | Failed], None, None]:
        """Yield (index of the task, its outcome) for every task, in the order in which they end.

        A task that raises, or whose process dies, keeps no other from running; it is for the caller to go on, or to
        close the generator, which gives up what has not ended. `tick` is called about twice a second meanwhile.
        """
        ...


def executor(name: str, jobs: int) -> Executor:
    """The executor called `name`: `local` (with `jobs` processes; none: this process) or `ray`."""
    if name == "local":
        from assay.execution.local import Local

        return Local(jobs)
    if name == "ray":
        from assay.execution.ray import Ray

        return Ray()
    raise UsageError(f"no executor {name!r}: give {' or '.join(NAMES)}")
