"""One artifact read as one format: facts, and what stopped the reader; the same code in a worker and here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from assay.errors import InputError, LimitExceeded
from assay.facts.artifact import Obstacle, Trouble, obstacle
from assay.facts.text import ChatTemplate
from assay.formats import Format
from assay.formats.container.second import second_nature
from assay.formats.window import Source, Window


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading one artifact gave: facts in the order read, and what stopped the reader, if anything did."""

    facts: tuple[object, ...]
    obstacle: Obstacle | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an artifact's bytes are: how to open them here, and, for a worker, path and identity on disk."""

    open: Callable[[], Source]
    path: str | None = None
    identity: tuple[int, int, int, int] | None = None

    @contextmanager
    def source(self) -> Iterator[Source]:
        """The bytes, opened, and closed at the end; an object that was given is left open for its giver to close."""
        found = self.open()
        try:
            yield found
        finally:
            if self.path is not None:
                found.close()  # type: ignore[attr-defined]


def identity(state: os.stat_result) -> tuple[int, int, int, int]:
    """What identifies a file on disk, and changes with it: device, inode, size, time of change in ns."""
    return (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)


class Reader(Protocol):
    """Reads artifacts as formats; `reached` names the isolation, strongest last."""

    def read(self, artifact: str, format: Format, place: Place) -> Reading: ...

    def reached(self) -> tuple[str, ...]: ...

    def close(self) -> None: ...


def reading(artifact: str, format: Format, window: Window, *, render: bool = True) -> Reading:
    """Read all facts; an error of the input ends the reading and becomes an obstacle, what was read before stays.

    With `render`, chat templates are tried out as well; without, each has a trial that says it was not.
    """
    facts: list[object] = []
    stopped: Obstacle | None = None
    try:
        try:
            for fact in format.read(artifact, window):
                facts.append(fact)
        except InputError as broken:
            stopped = obstacle(artifact, broken)
        facts += _besides(artifact, format, window, facts, render)
    except MemoryError:
        return Reading((), Obstacle(artifact, Trouble.LIMIT, "reading it needs more memory than assay allows"))
    except RecursionError:
        return Reading(tuple(facts), Obstacle(artifact, Trouble.LIMIT, "it is nested deeper than assay follows"))
    return Reading(tuple(facts), stopped)


def _besides(artifact: str, format: Format, window: Window, facts: list[object], render: bool) -> list[object]:
    """What is to be found besides what the format's reader gives, whether or not it came to its end."""
    found: list[object] = []
    try:
        for fact in second_nature(artifact, format, window):
            found.append(fact)
    except LimitExceeded as broken:
        found.append(obstacle(artifact, broken))
    except InputError:
        pass  # what keeps this from going on has kept the reader too, and is told there
    templates = [fact for fact in facts if isinstance(fact, ChatTemplate)]
    if templates:
        from assay.formats.template.trial import UNRENDERED, trial, untried

        found += (trial(one) if render else untried(one, UNRENDERED) for one in templates)
    return found


class InProcess:
    """Reads in this process: files that exist only as objects, and where that is asked for or no worker can be had."""

    def __init__(self, *, render: bool = True) -> None:
        self._render = render

    def read(self, artifact: str, format: Format, place: Place) -> Reading:
        """Read one artifact."""
        with place.source() as source:
            return reading(artifact, format, Window(source), render=self._render)

    def reached(self) -> tuple[str, ...]:
        """Nothing is isolated."""
        return ()

    def close(self) -> None:
        """Nothing to close."""
