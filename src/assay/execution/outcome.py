"""What becomes of a task: a value, or why there is none; and how either gets from one process to another."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Generic, TypeVar

from assay.lazy import dataclass

Task = TypeVar("Task")
Value = TypeVar("Value", covariant=True)


@dataclass(frozen=True, slots=True)
class Ok(Generic[Value]):
    """The task was done, and this is what it gave."""

    value: Value


@dataclass(frozen=True, slots=True)
class Failed:
    """The task was not done: the error that it raised, with its traceback, or `TaskLost`, where its process died."""

    error: Exception
    trace: str = ""

    def noted(self) -> Exception:
        """The error, to be raised here, with the traceback of where it came from."""
        if self.trace:
            self.error.add_note(self.trace)
        return self.error


def attempted(function: Callable[[Task], Value], task: Task) -> Ok[Value] | Failed:
    """The outcome of one task in this process."""
    try:
        return Ok(function(task))
    except Exception as error:  # noqa: BLE001 - whatever it is, the other tasks go on, and the caller judges it
        import traceback

        return Failed(error, traceback.format_exc())


def portable(outcome: Ok[Value] | Failed) -> Ok[Value] | Failed:
    """The outcome; an error that another process could not make again from its arguments is replaced by its words."""
    if isinstance(outcome, Failed) and isinstance(attempted(copy, outcome.error), Failed):
        return _in_words(outcome)
    return outcome


def unsent(outcome: Ok[Value] | Failed, why: Exception) -> Failed:
    """What to send instead of an outcome that cannot be pickled."""
    if isinstance(outcome, Failed):
        return _in_words(outcome)
    return Failed(TypeError(f"what the task gave cannot be sent: {why}"))


def _in_words(failed: Failed) -> Failed:
    return Failed(RuntimeError(f"{type(failed.error).__name__}: {failed.error}"), failed.trace)
