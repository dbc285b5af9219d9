"""Values that do not lie in a file as an array: in a deflate stream, in base 128, each after a tag.

They are brought into the form of an array as they stream past, in bounded memory, and go on to the same summary.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any, Protocol

from assay import kernels
from assay.facts.tensor import TensorSpec
from assay.kernels.types import Type
from assay.lazy import regex

STEP = 1 << 20  # bytes inflated at a time
MOST = 256 * 1024 * 1024  # bytes of one tensor written in another way than as an array, which is kept whole
MOST_ALONE = 16 * 1024 * 1024  # the same of base-128 numbers without numpy: 0.2 us a byte, some times that in a tab
_RECORDS = regex(r"(?:latin1 )?records (\d{1,9}) (\d{1,9})\Z")


def known(written: str) -> bool:
    """Whether values written so are read."""
    return written in ("varint", "tagged", "latin1") or _RECORDS.match(written) is not None


class Unlike(ValueError):
    """The bytes are not what the index says; the message is why the values were not read."""


class Feed(Protocol):
    """Takes bytes in order; `stop` is the offset after the last that it wants."""

    stop: int

    def feed(self, block: memoryview) -> None: ...

    def ended(self) -> Iterable[object]: ...


class Inflating:
    """Takes the blocks of a file, and feeds what the packed stream in bytes [start, stop) holds to another feed.

    `how` is `deflate` (RFC 1951, as in zip members) or `stream` (zlib, gzip, bzip2, xz or lzma, by how it begins). A
    damaged stream ends the feeding, a second one is not followed: tensors that were not reached are unread.
    """

    def __init__(self, start: int, stop: int, how: str, inner: Feed) -> None:
        self._start, self._stop, self._inner = start, stop, inner
        self._at = self._given = 0
        self._engine: Any = zlib.decompressobj(-zlib.MAX_WBITS) if how == "deflate" else None
        self._broken = False

    def feed(self, block: memoryview) -> None:
        """Take the next bytes of the file."""
        start, self._at = self._at, self._at + len(block)
        raw: bytes | memoryview = block[max(0, self._start - start) : max(0, self._stop - start)]
        if not raw or self._broken:
            return
        from lzma import LZMAError

        try:
            self._engine = self._engine or _engine(bytes(raw[:6]))
            while not self._engine.eof and self._given < self._inner.stop:
                out = self._engine.decompress(raw, STEP)
                raw = getattr(self._engine, "unconsumed_tail", b"")
                self._given += len(out)
                if out:
                    self._inner.feed(memoryview(out))
                if not raw and getattr(self._engine, "needs_input", True):
                    return
        except (zlib.error, LZMAError, OSError, EOFError, ValueError):
            self._broken = True

    def ended(self) -> Iterable[object]:
        """The facts about what was inflated."""
        return self._inner.ended()


def _engine(head: bytes) -> Any:
    """The decompressor of a stream that begins so, with the limits of the reader (formats/container/compressed.py)."""
    if head.startswith(b"BZh"):
        from bz2 import BZ2Decompressor

        return BZ2Decompressor()
    if head.startswith((b"\xfd7zXZ", b"\x5d\x00\x00")):
        from lzma import LZMADecompressor

        return LZMADecompressor(memlimit=128 * 1024 * 1024)
    return zlib.decompressobj(16 + zlib.MAX_WBITS if head.startswith(b"\x1f\x8b") else zlib.MAX_WBITS)


class Written:
    """A summary of values written as `varint`, `tagged` or a field of records: kept, decoded and fed at the end."""

    def __init__(self, inner: kernels.Summary, written: str, kind: Type, tensor: TensorSpec) -> None:
        self._inner, self._written, self._kind = inner, written, kind
        self._size = -(-tensor.elements // kind.elements) * kind.bytes
        self._raw = bytearray()
        self._skip = tensor.stop - tensor.start > MOST

    def feed(self, block: Any) -> None:
        """Keep the next bytes."""
        if not self._skip:
            self._raw += block

    def finish(self) -> dict[str, Any]:
        """The summary of the decoded values; Unlike where they cannot be decoded."""
        if self._skip:
            raise Unlike(f"its values are written one by one, in more than {MOST:,} bytes")
        if self._written.startswith("latin1"):
            try:
                self._raw = bytearray(self._raw.decode("utf-8").encode("latin-1"))
            except UnicodeError:
                raise Unlike("its bytes are no text of single bytes") from None
        values: bytes | None
        if (found := _RECORDS.match(self._written)) is not None:
            values = _field(self._raw, int(found[1]), int(found[2]), self._kind.bytes)
        elif self._written == "latin1":
            values = bytes(self._raw)
        elif self._written == "tagged":
            values = _untagged(self._raw, self._kind.bytes)
        else:
            values = _varints(self._raw, self._kind.bytes)
        if values is None or len(values) != self._size:
            raise Unlike("its values do not add up to its shape")
        self._inner.feed(values)
        return self._inner.finish()


def _field(raw: bytearray, stride: int, offset: int, width: int) -> bytes | None:
    """The `width` bytes at `offset` in each record of `stride` bytes."""
    if not 0 < offset + width <= stride or len(raw) % stride:
        return None
    found = bytearray(len(raw) // stride * width)
    for at in range(width):
        found[at::width] = raw[offset + at :: stride]
    return bytes(found)


def _untagged(raw: bytearray, width: int) -> bytes | None:
    """Values of `width` bytes, each after the same byte (protobuf.dev "Encoding", fields below 16 that repeat)."""
    tags = raw[:: width + 1]
    if len(raw) % (width + 1) or tags.count(tags[:1]) != len(tags):
        return None
    return _field(raw, width + 1, 1, width)


def _varints(written: bytearray, width: int) -> bytes | None:
    """The lowest `width` bytes of each base-128 number, little-endian; None where the bytes are no such numbers."""
    try:
        import numpy as np
    except ImportError:
        return _one_by_one(written, width)
    raw = np.frombuffer(written, np.uint8)
    ends = np.flatnonzero(raw < 0x80)
    if not len(raw) or not len(ends) or ends[-1] != len(raw) - 1:
        return None if len(raw) else b""
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts + 1
    if lengths.max() > 10:
        return None
    values = np.zeros(len(ends), np.uint64)
    for rank in range(int(lengths.max())):
        more = lengths > rank
        digits = (raw[starts[more] + rank] & 0x7F).astype(np.uint64)
        values[more] |= digits << np.uint64(7 * rank)
    found: bytes = values.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :width].tobytes()
    return found


def _one_by_one(written: bytearray, width: int) -> bytes | None:
    """As `_varints` gives it, without numpy; Unlike where that would take minutes."""
    if len(written) > MOST_ALONE:
        raise Unlike(f"its values are numbers of several lengths, in more than {MOST_ALONE:,} bytes: that takes numpy")
    found, mask = bytearray(), (1 << 8 * width) - 1
    value = shift = 0
    for byte in written:
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            found += (value & mask).to_bytes(width, "little")
            value = shift = 0
        elif (shift := shift + 7) == 70:
            return None
    return None if shift else bytes(found)
