"""Progress on long work: one bar on a terminal for any unit, elsewhere a line every ten seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from assay.cli._streams import say
from assay.progress import amount

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from assay.progress import Progress

AFTER = 1.0  # seconds: most work is over before a bar is worth drawing
EVERY = 10.0  # seconds between lines where standard error is no terminal


@contextmanager
def progress(quiet: bool) -> Iterator[Progress | None]:
    """What to hand to long work, so that its progress is shown on standard error; None where nothing is to be shown."""
    from assay.cli._told import channel

    if told := channel():
        yield told.progress
    elif quiet:
        yield None
    elif sys.stderr.isatty():
        with _Bars() as bars:
            yield bars.shown
    else:
        yield _Lines().shown


class _Bars:
    """A bar for each piece of work, by rich, which is imported once the work has lasted a while."""

    def __init__(self) -> None:
        self._drawn: RichProgress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._begun, self._one = time.monotonic(), Lock()  # files are hashed in several threads

    def __enter__(self) -> _Bars:
        return self

    def __exit__(self, *error: object) -> None:
        if self._drawn is not None:
            self._drawn.stop()

    def shown(self, label: str, done: int, total: int, unit: str) -> None:
        if time.monotonic() - self._begun < AFTER:
            return
        from assay.render.visible import visible

        with self._one:
            if self._drawn is None:
                self._drawn = _drawn()
            if label not in self._tasks:
                self._tasks[label] = self._drawn.add_task(visible(label), total=total, amount="")
            self._drawn.update(self._tasks[label], completed=done, total=total, amount=amount(done, total, unit))


def _drawn() -> RichProgress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[amount]}", markup=False),
        TimeRemainingColumn(),
    )
    # the stream as it was opened: a bar is drawn with sequences that `say` would show; its label is made visible before
    bars = Progress(*columns, console=Console(file=sys.__stderr__), transient=True)
    bars.start()
    return bars


class _Lines:
    """One line every ten seconds, for logs."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def shown(self, label: str, done: int, total: int, unit: str) -> None:
        now = time.monotonic()
        if now - self._last >= EVERY and done < total:
            self._last = now
            share = f" ({100 * done // total} %)" if unit == "bytes" else ""
            say(f"assay: {label}, {amount(done, total, unit)}{share}", err=True)
