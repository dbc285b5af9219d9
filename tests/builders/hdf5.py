"""HDF5 files by hand: a root group of the new kind with datasets, whose every number a test may choose."""

from __future__ import annotations

import struct

NOWHERE = 2**64 - 1


def message(kind: int, body: bytes) -> bytes:
    return struct.pack("<BHB", kind, len(body), 0) + body


def space(*shape: int) -> bytes:
    """A dataspace message of these extents."""
    return message(0x01, struct.pack("<4B", 2, len(shape), 0, 1) + struct.pack(f"<{len(shape)}Q", *shape))


def float32(width: int = 4) -> bytes:
    """A datatype message of floating point numbers."""
    return message(0x03, bytes([0x11, 0x20, 0x1F, 0]) + struct.pack("<IHHBBBBI", width, 0, 32, 23, 8, 0, 23, 127))


def contiguous(address: int, size: int) -> bytes:
    return message(0x08, bytes([3, 1]) + struct.pack("<2Q", address, size))


def chunked(*extents: int) -> bytes:
    """Chunks of these extents, the bytes of an element last; none is allocated."""
    body = bytes([3, 2, len(extents)]) + struct.pack("<Q", NOWHERE) + struct.pack(f"<{len(extents)}I", *extents)
    return message(0x08, body)


def packed(*filters: int) -> bytes:
    """A filter pipeline, version 2; filters from 256 on have a name."""
    rows = b"".join(
        struct.pack("<4H", number, 4, 0, 0) + b"evil" if number >= 256 else struct.pack("<3H", number, 0, 0)
        for number in filters
    )
    return message(0x0B, bytes([2, len(filters)]) + rows)


def virtual(address: int) -> bytes:
    """A virtual dataset whose mapping is object 1 of the global heap at `address`."""
    return message(0x08, bytes([4, 3]) + struct.pack("<QI", address, 1))


def mapping(*rows: tuple[str, str]) -> bytes:
    """The mapping of a virtual dataset: each (file, dataset) whole."""
    everything = struct.pack("<4I", 3, 1, 0, 0)
    parts = b"".join(f"{file}\0{name}\0".encode() + everything * 2 for file, name in rows)
    return b"\0" + struct.pack("<Q", len(rows)) + parts + bytes(4)


def heap(content: bytes) -> bytes:
    """A global heap collection with one object, number 1."""
    row = struct.pack("<2HIQ", 1, 1, 0, len(content)) + content + bytes(-len(content) % 8)
    return b"GCOL" + bytes([1, 0, 0, 0]) + struct.pack("<Q", 16 + len(row)) + row


def _header(*messages: bytes) -> bytes:
    body = b"".join(messages)
    return b"OHDR" + bytes([2, 2]) + struct.pack("<I", len(body)) + body + bytes(4)


def dataset_file(*messages: bytes, front: bytes = b"", after: bytes = b"", end: int = 0) -> bytes:
    """A file whose root group links to one dataset `/w` of these messages.

    `front` lies at byte 48 (a global heap, say), `after` behind the dataset; `end` is added to the end that it states.
    """
    place = 48 + len(front)
    link = message(0x06, bytes([1, 0, 1]) + b"w" + struct.pack("<Q", place + 10 + 16 + 4))
    root = _header(link)
    whole = front + root + _header(*messages) + after
    assert place + len(root) == struct.unpack_from("<Q", link, 8)[0]
    top = struct.pack("<4Q", 0, NOWHERE, 48 + len(whole) + end, place)
    return b"\x89HDF\r\n\x1a\n" + bytes([2, 8, 8, 0]) + top + bytes(4) + whole
