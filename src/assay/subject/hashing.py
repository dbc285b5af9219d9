"""The one full read of a file: SHA-256 in blocks that others may use as they pass, and whether the file held still."""

from __future__ import annotations

import hashlib
from collections import deque
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
AHEAD = 8  # blocks that another thread has read, or works on, while one is hashed

Advance = Callable[[int], None]  # told of each block how many bytes it has
Sink = Callable[[memoryview], None]
Begin = Callable[[memoryview], Callable[[], None]]  # gives what is left to do of a block, in order


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
    beside: Begin | None = None,
) -> Hashed:
    """Read the whole file once in 1 MiB blocks, each also given to `sink`, which updates `shared`, if given, itself.

    With `beside`, in place of `sink`, another thread reads, and does what that leaves to do of each block. A file that
    changes meanwhile, or did before, keeps its digest and gets an obstacle. One that `advance` ends, by raising
    OverBudget, has no digest; nor has any that is hashed `elsewhere`, and only read here.
    """
    digest: Digest = shared or (_Unhashed() if elsewhere else hashlib.sha256())
    count = 0
    try:
        with entry.place.source() as source:
            source.seek(0)
            for block in _blocks(source) if beside is None else _ahead(source, beside):
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
    buffer = _buffer()  # one for the whole file, so that memory does not grow with it
    while block := _read(source, buffer):
        yield block


def _buffer() -> memoryview:
    """Memory for a block that begins with a page, as what the kernel copies from does.

    That of a bytearray begins 16 bytes later, and processors that copy by `rep movsb` then take four times as long.
    """
    try:
        from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
    except ImportError:  # Windows has no such flags, a browser no such module
        return memoryview(bytearray(BLOCK))
    return memoryview(mmap(-1, BLOCK, MAP_PRIVATE | MAP_ANONYMOUS))


def _read(source: Source, buffer: memoryview) -> memoryview:
    """The next block, in the buffer where the source can write there; empty at the end."""
    readinto = getattr(source, "readinto", None)
    return memoryview(source.read(BLOCK)) if readinto is None else buffer[: readinto(buffer)]


def _ahead(source: Source, begin: Begin) -> Iterator[memoryview]:
    """Blocks that another thread reads, which then does what `begin` leaves of each, before it reads over it."""
    from concurrent.futures import ThreadPoolExecutor  # both leave the interpreter lock, so a thread is enough

    over = False

    def again(buffer: memoryview, left: Callable[[], None] | None) -> tuple[memoryview, memoryview]:
        if left is not None:
            left()
        return buffer, buffer[:0] if over else _read(source, buffer)

    with ThreadPoolExecutor(1) as pool:
        try:
            waiting = deque(pool.submit(again, _buffer(), None) for _ in range(AHEAD))
            while waiting:
                buffer, block = waiting.popleft().result()
                if block:  # none at the end, where the last ones are still worked on
                    yield block
                    waiting.append(pool.submit(again, buffer, begin(block)))
        finally:
            over = True  # what was begun is done all the same, so that nothing of it is missing
