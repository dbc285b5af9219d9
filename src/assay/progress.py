"""Progress of long work: what is being done, how far it is, and whether it should end here."""

from __future__ import annotations

from typing import Protocol

from assay.errors import Stopped


class Progress(Protocol):
    """Told about each step of long work; returns True to ask that the work end here."""

    def __call__(self, label: str, done: int, total: int, unit: str) -> bool | None:
        """`done` of `total` units ("bytes", "questions", "tensors") of the work called `label`."""


def report(progress: Progress | None, label: str, done: int, total: int, unit: str) -> None:
    """Tell `progress`, if there is one; raises Stopped where it asks for an end."""
    if progress is not None and progress(label, done, total, unit):
        raise Stopped(f"stopped while {label}, at {done:,} of {total:,} {unit}")
