"""Progress on long work: a bar on a terminal, nothing elsewhere but one line every ten seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from assay.progress import Progress

LEAST = 256 * 1024 * 1024  # bytes below which the work is over before a bar is worth drawing
EVERY = 10.0  # seconds between lines where standard error is no terminal


@contextmanager
def progress(quiet: bool) -> Iterator[Progress | None]:
    """A callback that shows how far hashing is, with rate and time left."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _Bar() as bar:
            yield bar.advance
    else:
        yield _Lines().advance


class _Bar:
    """rich's bar, imported and drawn only once there is much to read."""

    def __enter__(self) -> _Bar:
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, label: str, done: int, total: int, unit: str = "bytes") -> None:
        if total < LEAST:
            return
        if self._bar is None:
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                DownloadColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
                TransferSpeedColumn,
            )

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                TimeRemainingColumn(),
            )
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(label, total=total)
        assert self._task is not None
        self._bar.update(self._task, completed=done)


class _Lines:
    """One line every ten seconds, for logs."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def advance(self, label: str, done: int, total: int, unit: str = "bytes") -> None:
        now = time.monotonic()
        if now - self._last >= EVERY and done < total:
            self._last = now
            print(f"assay: {label} {100 * done // total} % of {total / 1e9:.1f} GB", file=sys.stderr, flush=True)


@contextmanager
def counting(quiet: bool) -> Iterator[Progress | None]:
    """The same for work that is counted in items: a bar on a terminal, a line every ten seconds elsewhere."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        bar = Progress(*columns, console=Console(stderr=True))
        task = bar.add_task("")

        def counted(label: str, done: int, total: int, unit: str = "") -> None:
            bar.start()  # with the first item: what comes before may draw a bar of its own
            bar.update(task, description=label, completed=done, total=total)

        try:
            yield counted
        finally:
            bar.stop()
    else:
        last = time.monotonic()

        def advance(label: str, done: int, total: int, unit: str = "") -> None:
            nonlocal last
            if time.monotonic() - last >= EVERY:
                last = time.monotonic()
                print(f"assay: {label} {done:,} of {total:,}", file=sys.stderr, flush=True)

        yield advance
