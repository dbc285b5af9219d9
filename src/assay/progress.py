"""Progress of long work: how much of what is done, told to whoever waits, who can also ask for an end."""

from __future__ import annotations

from typing import Protocol

from assay.errors import Stopped

EVENTS = "ASSAY_EVENTS"  # the environment variable with the descriptor of a pipe to whoever started a command


class Progress(Protocol):
    """Whoever is told how far long work is: a bar in a terminal, a page, a test."""

    def __call__(self, label: str, done: int, total: int, unit: str) -> bool | None:
        """Told about each step of long work; returns True to ask that the work end here.

        Args:
            label: what is going on ("reading", "asking").
            done, total: how much of it is done, and how much there is in all.
            unit: what is counted: "bytes", or things by their plural ("questions", "tensors", "passages").
        """


def report(progress: Progress | None, label: str, done: int, total: int, unit: str) -> None:
    """Tell `progress`, if there is one; raises Stopped where it asks for an end."""
    if progress is not None and progress(label, done, total, unit):
        raise Stopped(label, done, total, unit)


def amount(done: int, total: int, unit: str) -> str:
    """How far the work is, in words: `1.2 of 3.4 GB`, `12 of 200 questions`."""
    if unit != "bytes":
        return f"{done:,} of {total:,} {unit}"
    size, name = next((row for row in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")) if total >= row[0]), (1, "bytes"))
    return f"{done / size:.1f} of {total / size:.1f} {name}" if size > 1 else f"{done} of {total} bytes"


class Steps:
    """Counts the steps of one piece of work and reports each; work in several threads ends in all of them."""

    def __init__(self, progress: Progress | None, label: str, total: int, unit: str) -> None:
        self._progress, self._label, self._total, self._unit = progress, label, total, unit
        self._done, self._stopped = 0, False

    def add(self, count: int = 1) -> None:
        """So much more is done; raises Stopped where an end is asked for, or was before."""
        self._done = min(self._done + count, self._total)
        if self._stopped:
            raise Stopped(self._label, self._done, self._total, self._unit)
        try:
            report(self._progress, self._label, self._done, self._total, self._unit)
        except Stopped:
            self._stopped = True
            raise
