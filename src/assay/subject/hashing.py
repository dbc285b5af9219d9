"""The one full read of a file: SHA-256 in blocks that others may use as they pass, and whether the file held still."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from assay.errors import Changed, OverBudget, Unreachable
from assay.facts.artifact import Obstacle, Trouble, obstacle
from assay.formats.window import Source
from assay.lazy import dataclass
from assay.subject.walk import Entry

if TYPE_CHECKING:
    from assay.kernels import Digest

BLOCK = 1024 * 1024

Advance = Callable[[int], None]  # told of each block how many bytes it has
Sink = Callable[[memoryview], None]


@dataclass(frozen=True, slots=True)
class Hashed:
    """One file after the only full read: SHA-256 in hex, empty where that was ended; and what went wrong, if it did."""

    sha256: str
    obstacle: Obstacle | None = None


def hashed(
    entry: Entry,
    advance: Advance | None = None,
    sink: Sink | None = None,
    shared: Digest | None = None,
    *,
    elsewhere: bool = False,
) -> Hashed:
    """Read the whole file once in 1 MiB blocks, each also given to `sink`, which updates `shared`, if given, itself.

    A file that changes meanwhile, or did before, keeps its digest and gets an obstacle. One that `advance` ends, by
    raising OverBudget, has no digest; nor has any that is hashed `elsewhere`, and only read here.
    """
    digest: Digest = shared or (_Unhashed() if elsewhere else hashlib.sha256())
    count = 0
    try:
        with entry.place.source() as source:
            source.seek(0)
            for block in _blocks(source):
                if shared is None:
                    digest.update(block)
                count += len(block)
                if sink:
                    sink(block)
                if advance:
                    advance(len(block))
                if count > entry.size:
                    break  # it grows while it is read; following it could go on for ever
    except OverBudget as cause:
        return Hashed("", Obstacle(entry.path, Trouble.LIMIT, str(cause)))
    except (Changed, Unreachable) as cause:
        where = f" at byte {count:,}" if count and isinstance(cause, Unreachable) else ""
        found = obstacle(entry.path, cause)
        return Hashed(digest.hexdigest(), replace(found, reason=f"{found.reason}{where}"))
    if count != entry.size:
        reason = f"it changed while it was read ({entry.size:,} bytes before, {count:,} read)"
        return Hashed(digest.hexdigest(), Obstacle(entry.path, Trouble.CHANGED, reason))
    return Hashed(digest.hexdigest())


class _Unhashed:
    """In place of a digest that is not made here."""

    def update(self, block: memoryview) -> None:
        """Nothing is made of it."""

    def hexdigest(self) -> str:
        """Nothing."""
        return ""


def _blocks(source: Source) -> Iterator[memoryview]:
    readinto = getattr(source, "readinto", None)
    if readinto is None:
        while block := source.read(BLOCK):
            yield memoryview(block)
        return
    buffer = memoryview(bytearray(BLOCK))  # one buffer for the whole file, so that memory does not grow with it
    while count := readinto(buffer):
        yield buffer[:count]
