"""Datasets of an HDF5 file: extents, type, where the values lie (HDF5 File Format Specification 3.0, IV.A.2.b to l)."""

from __future__ import annotations

import struct
from dataclasses import replace
from enum import Enum
from math import prod

from assay.errors import Malformed, Truncated
from assay.formats.window import Window
from assay.lazy import dataclass

MAX_RANK = 32  # H5S_MAX_RANK
MAX_SOURCES = 100_000  # files or datasets that one virtual dataset may be put together of
_NOTHING = 0xFFFFFFFFFFFFFFFF


class Layout(Enum):
    """How the values of a dataset are stored."""

    COMPACT = 0
    CONTIGUOUS = 1
    CHUNKED = 2
    VIRTUAL = 3


@dataclass(frozen=True, slots=True)
class Stored:
    """Where values lie: the kind, an address (None: not allocated), bytes, and those of one chunk.

    `number` is the object in the global heap at that address where the dataset is virtual.
    """

    kind: Layout
    address: int | None = None
    size: int | None = None
    chunk: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset: path, extents (outermost first), class of its type, bytes of an element, where its values lie.

    `element` is the type of its numbers, empty where it has none that assay reads. `kind` is the class of the datatype
    message (0 integers, 1 floating point, 3 texts, ...), `filters` are the numbers of what its chunks are packed with,
    `outside` is whether its values are in other files.
    """

    path: str
    shape: tuple[int, ...]
    kind: int
    width: int
    stored: Stored
    filters: tuple[int, ...]
    outside: bool
    at: int
    element: str = ""

    @property
    def declared(self) -> int:
        """The bytes that reading it whole takes."""
        return prod(self.shape) * self.width


def extents(window: Window, start: int, size: int) -> tuple[int, ...]:
    """The extents in a dataspace message; () for a single value, (0,) for none."""
    version, rank, flags = window.read(start, 3)
    if version not in (1, 2) or rank > MAX_RANK:
        raise Malformed(
            "HDF5 dataspace that no version of the format has",
            at=start,
            expected=f"version 1 or 2, rank up to {MAX_RANK}",
            got=f"version {version}, rank {rank}",
        )
    head = 8 if version == 1 else 4
    if head + 8 * rank * (2 if flags & 1 else 1) > size:
        raise Truncated("HDF5 dataspace runs past its message", at=start)
    if version == 2 and window.read(start + 3, 1)[0] == 2:
        return (0,)
    return window.unpack(struct.Struct(f"<{rank}Q"), start + head)


def layout(window: Window, start: int, size: int) -> Stored:
    """What a data layout message says (IV.A.2.i); the address of compact values is in the message itself."""
    raw = window.read(start, min(size, 4096))
    try:
        version = raw[0]
        if version in (1, 2):
            found = _old(raw)
            return replace(found, address=start + 12 + 4 * raw[1]) if found.kind is Layout.COMPACT else found
        if version in (3, 4, 5):
            found = _new(raw, version)
            return replace(found, address=start + 4) if found.kind is Layout.COMPACT else found
    except (struct.error, IndexError) as short:
        raise Truncated("HDF5 data layout runs past its message", at=start) from short
    except ValueError as unknown:
        raise Malformed("HDF5 data layout of an unknown class", at=start) from unknown
    raise Malformed("HDF5 data layout of an unknown version", at=start, expected="1 to 5", got=version)


def _old(raw: bytes) -> Stored:
    rank, kind = raw[1], Layout(raw[2])
    at = 8 + (8 if kind is not Layout.COMPACT else 0)
    sizes = struct.unpack_from(f"<{rank}I", raw, at)
    if kind is Layout.COMPACT:
        return Stored(kind, size=struct.unpack_from("<I", raw, at + 4 * rank)[0])
    (address,) = struct.unpack_from("<Q", raw, 8)
    if kind is Layout.CONTIGUOUS:
        return Stored(kind, _allocated(address), None)
    return Stored(kind, _allocated(address), chunk=prod(sizes))


def _new(raw: bytes, version: int) -> Stored:
    kind = Layout(raw[1])
    if kind is Layout.COMPACT:
        return Stored(kind, size=struct.unpack_from("<H", raw, 2)[0])
    if kind is Layout.CONTIGUOUS:
        address, size = struct.unpack_from("<2Q", raw, 2)
        return Stored(kind, _allocated(address), size)
    if kind is Layout.VIRTUAL:
        address, number = struct.unpack_from("<QI", raw, 2)
        return Stored(kind, _allocated(address), number=number)
    if version == 3:
        rank = raw[2]
        (address,) = struct.unpack_from("<Q", raw, 3)
        return Stored(kind, _allocated(address), chunk=prod(struct.unpack_from(f"<{rank}I", raw, 11)))
    rank, width = raw[3], raw[4]
    if not 1 <= width <= 8 or 5 + rank * width > len(raw):
        raise IndexError
    sizes = (int.from_bytes(raw[5 + width * n : 5 + width * (n + 1)], "little") for n in range(rank))
    return Stored(kind, None, chunk=prod(sizes))


def _allocated(address: int) -> int | None:
    return None if address == _NOTHING else address


def element(window: Window, start: int, size: int) -> str:
    """The element type that a datatype message describes (IV.A.2.d); empty where it is none that assay reads."""
    if size < 8:
        return ""
    head = window.read(start, 8)
    kind, bits, width = head[0] & 15, head[1], int.from_bytes(head[4:8], "little")
    if bits & 1 and width > 1:
        return ""  # the highest byte first
    if (
        kind == 0
        and width in (1, 2, 4, 8)
        and size >= 12
        and window.read(start + 8, 4) == struct.pack("<2H", 0, 8 * width)
    ):
        return f"{'I' if bits & 8 else 'U'}{8 * width}"
    if kind == 1 and size >= 20 and not bits & 0x40:
        return _FLOATS.get((width, *window.read(start + 12, 4)), "")
    if kind == 8 and width == 1:
        return "U8"  # named numbers: how h5py writes truth values
    return ""


# (bytes, place and size of the exponent, place and size of the mantissa) -> element type
_FLOATS = {
    (2, 10, 5, 0, 10): "F16",
    (2, 7, 8, 0, 7): "BF16",
    (4, 23, 8, 0, 23): "F32",
    (8, 52, 11, 0, 52): "F64",
}


def filters(window: Window, start: int, size: int) -> tuple[int, ...]:
    """The numbers of the filters in a pipeline message (IV.A.2.l); 1 is deflate, those from 256 on are plugins."""
    raw = window.read(start, size)
    numbers: list[int] = []
    try:
        version, count = raw[0], raw[1]
        at = 8 if version == 1 else 2
        for _ in range(count):
            (number,) = struct.unpack_from("<H", raw, at)
            named = version == 1 or number >= 256
            length = struct.unpack_from("<H", raw, at + 2)[0] if named else 0
            at += 4 if named else 2
            (values,) = struct.unpack_from("<H", raw, at + 2)
            padded = version == 1
            at += 4 + (-(-length // 8) * 8 if padded else length) + 4 * (values + (values % 2 if padded else 0))
            numbers.append(number)
    except (struct.error, IndexError) as short:
        raise Truncated("HDF5 filter pipeline runs past its message", at=start) from short
    return tuple(numbers)


def sources(raw: bytes) -> tuple[list[tuple[str, str]], bool]:
    """(file, dataset) of each part of a virtual dataset, and whether all could be told; a file "." is this one."""
    kept: dict[tuple[str, str], None] = {}
    if len(raw) < 13 or raw[0] != 0:
        return [], False
    (count,) = struct.unpack_from("<Q", raw, 1)
    at = 9
    try:
        for _ in range(min(count, MAX_SOURCES)):
            names = []
            for _ in range(2):
                stop = raw.index(b"\0", at)
                names.append(raw[at:stop].decode("utf-8", "backslashreplace"))
                at = stop + 1
            kept[names[0], names[1]] = None
            at = _selection(raw, _selection(raw, at))
    except (struct.error, IndexError, ValueError):
        return list(kept), False
    return list(kept), count <= MAX_SOURCES


def _selection(raw: bytes, at: int) -> int:
    """The offset after a serialised selection (IV.A.2.i, "Dataspace Selection"); ValueError for an unknown one."""
    kind, version = struct.unpack_from("<2I", raw, at)
    if kind in (0, 3):  # none, all
        return at + 16
    if version == 1:  # points, or a list of blocks: its own length is stated
        return int(at + 16 + struct.unpack_from("<I", raw, at + 12)[0])
    if kind == 2 and version == 2:
        (length,) = struct.unpack_from("<I", raw, at + 9)
        return int(at + 13 + length)
    if kind == 2 and version == 3:
        flags, width = raw[at + 8], raw[at + 9]
        (rank,) = struct.unpack_from("<I", raw, at + 10)
        if flags & 1:
            return int(at + 14 + 4 * rank * width)
        blocks = int.from_bytes(raw[at + 14 : at + 14 + width], "little")
        return int(at + 14 + width + 2 * rank * blocks * width)
    raise ValueError
