"""Run many independent tasks: in this process, in local processes, or on a Ray cluster, through one small interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from assay.errors import UsageError

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")
NAMES = ("local", "ray")


class Executor(Protocol):
    """Whoever runs tasks. Functions are importable by name, tasks and outcomes can be pickled."""

    def run(
        self, function: Callable[[Task], Outcome], tasks: Sequence[Task], tick: Callable[[], None]
    ) -> Iterator[tuple[int, Outcome]]:
        """Yield (index of the task, outcome) in the order in which tasks end; the error of the first that fails is raised
        and the others are given up. `tick` is called about twice a second meanwhile.
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
