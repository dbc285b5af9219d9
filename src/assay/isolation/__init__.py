"""Where hostile bytes are parsed: a worker process that is locked down, or, where none can be had, this process.

`reading` turns one artifact into facts and obstacles and is the same code on both sides. The worker's answer is
length-prefixed JSON that the parent checks against the fact types; it is never unpickled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from assay.errors import InputError, LimitExceeded
from assay.facts.artifact import Obstacle, Trouble
from assay.formats import Format
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


class Reader(Protocol):
    """Reads artifacts as formats; `reached` names the isolation, strongest last."""

    def read(self, artifact: str, format: Format, place: Place) -> Reading: ...

    def reached(self) -> tuple[str, ...]: ...

    def close(self) -> None: ...


def reading(artifact: str, format: Format, window: Window) -> Reading:
    """Read all facts; an error of the input ends the reading and becomes an obstacle, what was read before stays."""
    facts: list[object] = []
    try:
        for fact in format.read(artifact, window):
            facts.append(fact)
    except InputError as broken:
        trouble = Trouble.LIMIT if isinstance(broken, LimitExceeded) else Trouble.MALFORMED
        return Reading(tuple(facts), Obstacle(artifact, trouble, str(broken), broken.at))
    except MemoryError:
        return Reading((), Obstacle(artifact, Trouble.LIMIT, "reading it needs more memory than assay allows"))
    except RecursionError:
        return Reading(tuple(facts), Obstacle(artifact, Trouble.LIMIT, "it is nested deeper than assay follows"))
    return Reading(tuple(facts))


class InProcess:
    """Reads in this process: for files that exist only as objects, and where no worker can be had."""

    def read(self, artifact: str, format: Format, place: Place) -> Reading:
        """Read one artifact."""
        source = place.open()
        try:
            return reading(artifact, format, Window(source))
        finally:
            if place.path is not None:  # an object that was given is its giver's to close
                source.close()  # type: ignore[attr-defined]

    def reached(self) -> tuple[str, ...]:
        """Nothing is isolated."""
        return ()

    def close(self) -> None:
        """Nothing to close."""
