"""Files of libraries outside PyTorch that hold arrays, byte by byte as their writers lay them out."""

from __future__ import annotations

import struct


def ctranslate2(
    variables: dict[str, tuple[int, tuple[int, ...], bytes]], aliases: dict[str, str] | None = None
) -> bytes:
    """A model of version 6: name -> (number of the type, shape, values)."""

    def text(value: str) -> bytes:
        return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"

    rows = [struct.pack("<I", 6) + text("TransformerSpec") + struct.pack("<II", 7, len(variables))]
    for name, (kind, shape, values) in variables.items():
        extents = struct.pack(f"<B{len(shape)}I", len(shape), *shape)
        rows.append(text(name) + extents + struct.pack("<BI", kind, len(values)) + values)
    aliases = aliases or {}
    rows.append(struct.pack("<I", len(aliases)) + b"".join(text(a) + text(b) for a, b in aliases.items()))
    return b"".join(rows)


def fasttext(words: list[str], columns: int = 4, *, quantised: bool = False) -> bytes:
    """A model of version 12 with two matrices, the first of them quantised if asked for."""
    rows = len(words)
    head = struct.pack("<ii12id", 793712314, 12, columns, 5, 5, 1, 5, 1, 1, 2, 0, 0, 0, 100, 1e-4)
    entries = b"".join(word.encode() + b"\0" + struct.pack("<qb", 3, 0) for word in words)
    dictionary = struct.pack("<iiiqq", rows, rows, 0, 3 * rows, -1) + entries
    dense = b"\0" + struct.pack("<qq", rows, columns) + bytes(range(1, 5)) * rows * columns
    centroids = struct.pack("<iiii", columns, 2, columns // 2, columns // 2) + bytes(4 * 256 * columns)
    norms = bytes(rows) + struct.pack("<iiii", 1, 1, 1, 1) + bytes(4 * 256)
    packed = b"\1\1" + struct.pack("<qqi", rows, columns, 2 * rows) + bytes(2 * rows) + centroids + norms
    return head + dictionary + (packed if quantised else dense) + dense


def word2vec(vectors: dict[str, tuple[float, ...]]) -> bytes:
    """Vectors in the binary format."""
    width = len(next(iter(vectors.values())))
    rows = (word.encode() + b" " + struct.pack(f"<{width}f", *row) + b"\n" for word, row in vectors.items())
    return f"{len(vectors)} {width}\n".encode() + b"".join(rows)


def tensor_bundle(tensors: dict[str, tuple[int, tuple[int, ...], int, int]], shards: int = 1) -> bytes:
    """The index of a TensorFlow checkpoint: name -> (number of the type, shape, offset, size)."""

    def block(rows: list[tuple[bytes, bytes]]) -> bytes:
        entries = b"".join(b"\0" + _varint(len(key)) + _varint(len(value)) + key + value for key, value in rows)
        return entries + struct.pack("<II", 0, 1)

    rows = [(b"", _field(1, shards) + _field(3, _field(1, 1)))]
    for name, (kind, shape, offset, size) in sorted(tensors.items()):
        extents = _field(2, b"".join(_field(2, _field(1, extent)) for extent in shape))
        rows.append((name.encode(), _field(1, kind) + extents + _field(4, offset) + _field(5, size)))
    data = block(rows)
    index = block([(rows[-1][0], _varint(0) + _varint(len(data)))])
    whole = data + bytes(5) + block([]) + bytes(5)
    empty = _varint(len(data) + 5) + _varint(8)
    handles = empty + _varint(len(whole)) + _varint(len(index))
    return whole + index + bytes(5) + handles.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def _varint(value: int) -> bytes:
    found = b""
    while value > 0x7F:
        found, value = found + bytes((value & 0x7F | 0x80,)), value >> 7
    return found + bytes((value,))


def _field(number: int, value: bytes | int) -> bytes:
    """One field of a protocol buffer."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value
