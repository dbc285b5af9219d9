"""What becomes of a task: a value, or why there is none, both fit to be sent to another process."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

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
        return Failed(error, traceback.format_exc())


def sendable(outcome: Ok[Value] | Failed) -> Ok[Value] | Failed:
    """The outcome, or, where it cannot be pickled and read back, a failure that says so."""
    read_back = attempted(lambda whole: pickle.loads(pickle.dumps(whole)), outcome)  # noqa: S301 - our own bytes
    if isinstance(read_back, Ok):
        return outcome
    if isinstance(outcome, Failed):
        return Failed(RuntimeError(f"{type(outcome.error).__name__}: {outcome.error}"), outcome.trace)
    return Failed(TypeError(f"what the task gave cannot be sent: {read_back.error}"), read_back.trace)
