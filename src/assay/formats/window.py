"""A bounds-checked view of one artifact: the only way in which a reader sees bytes.

It reads from any seekable binary source in aligned blocks and keeps the last few, so that a header costs its
own size however large the file is, memory stays bounded, and a file that shrinks while it is read gives a
short read (a named error) instead of the bus error that a memory map would.
"""

from __future__ import annotations

import struct
from typing import Protocol

from assay.errors import LimitExceeded, Truncated
from assay.lazy import dataclass

BLOCK = 256 * 1024
KEPT = 8
MAX_UNPACKED = 4 * 1024**3
MAX_MEMBERS = 100_000
MAX_READ = 128 * 1024 * 1024  # the largest single structure any reader may ask for: a 100 MB safetensors header


class Source(Protocol):
    """What a window needs of a file: `seek` and `read`, as binary files and BytesIO have them."""

    def seek(self, offset: int, whence: int = 0, /) -> int: ...

    def read(self, size: int = -1, /) -> bytes: ...


class Elsewhere:
    """A source of `size` bytes that are got a stretch at a time: `seek` and `read` over `_got`."""

    def __init__(self, size: int) -> None:
        self._size, self._at = size, 0

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to an offset, from the beginning or (whence 2) from the end."""
        self._at = max(0, offset + (self._size if whence == 2 else 0))
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes from here."""
        left = self._size - self._at
        count = min(left if size < 0 else size, left)
        found = self._got(self._at, count) if count > 0 else b""
        self._at += len(found)
        return found

    def _got(self, at: int, count: int) -> bytes:
        """Some of the `count` bytes from `at`, which lie within; at least one."""
        raise NotImplementedError


@dataclass(slots=True)
class Budget:
    """What may still be unpacked out of one artifact, all its layers together."""

    bytes: int = MAX_UNPACKED
    members: int = MAX_MEMBERS


class Window:
    """The bytes of one artifact, from offset 0 to `size`, or of something packed inside one.

    `depth` counts the containers around it; `budget` is shared by everything inside one artifact. Of something inside
    another, `offset` is where it lies there in place, `packed` the byte range there that it is unpacked from, and how.
    """

    __slots__ = ("_blocks", "_source", "budget", "depth", "offset", "packed", "size")

    def __init__(
        self, source: Source, size: int | None = None, outer: Window | None = None, offset: int | None = None
    ) -> None:
        self._source = source
        self._blocks: dict[int, bytes] = {}
        self.size = source.seek(0, 2) if size is None else size
        self.offset = offset
        self.packed: tuple[int, int, str] | None = None
        self.depth: int = 0 if outer is None else outer.depth + 1
        self.budget: Budget = Budget() if outer is None else outer.budget

    def read(self, at: int, count: int) -> bytes:
        """Copy `count` bytes from offset `at`; raises Truncated rather than return fewer."""
        if at < 0 or count < 0 or at + count > self.size:
            raise Truncated("read past the end", at=at, expected=f"{count:,} bytes", got=f"{max(0, self.size - at):,}")
        if count > MAX_READ:
            raise LimitExceeded(
                "structure larger than assay reads", at=at, expected=f"at most {MAX_READ:,}", got=f"{count:,}"
            )
        number, offset = divmod(at, BLOCK)
        if offset + count <= BLOCK:
            return self._block(number)[offset : offset + count]
        return self._direct(at, count)

    def unpack(self, layout: struct.Struct, at: int) -> tuple[int, ...]:
        """Decode one fixed-size record at offset `at`."""
        return layout.unpack(self.read(at, layout.size))

    def rest(self, at: int, most: int) -> bytes:
        """Up to `most` bytes from offset `at`, fewer only at the end of the artifact."""
        return self.read(at, max(0, min(most, self.size - at)))

    def text(self, most: int) -> str:
        """The whole artifact as UTF-8 (a byte-order mark is dropped, invalid bytes become U+FFFD)."""
        if self.size > most:
            raise LimitExceeded(
                "text larger than assay reads", expected=f"at most {most:,} bytes", got=f"{self.size:,}"
            )
        return self.read(0, self.size).decode("utf-8", "replace").removeprefix("\ufeff")

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            if len(self._blocks) >= KEPT:
                del self._blocks[next(iter(self._blocks))]
            at = number * BLOCK
            self._blocks[number] = self._direct(at, min(BLOCK, self.size - at))
        return self._blocks[number]

    def _direct(self, at: int, count: int) -> bytes:
        self._source.seek(at)
        parts, missing = [], count
        while missing:
            part = self._source.read(missing)
            if not part:
                raise Truncated("the file became shorter while it was read", at=at + count - missing)
            parts.append(part)
            missing -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)
