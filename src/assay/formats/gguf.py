"""GGUF versions 2 and 3 (ggml docs/gguf.md): header, key-value metadata, tensor index.

Tensor data is never touched, so opening a 40 GB file costs the size of its header.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from math import prod

from assay.errors import LimitExceeded, Malformed, Truncated
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.program import PickleProgram
from assay.facts.structure import Aspect
from assay.facts.tensor import TensorSpec, WeightIndex
from assay.formats import Format
from assay.formats._gguf_facts import described
from assay.formats._gguf_limits import Declared, broken
from assay.formats.window import Window

_HEADER = struct.Struct("<4sIQQ")
_U32, _U64 = struct.Struct("<I"), struct.Struct("<Q")
_SCALAR = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_UINT32, _STRING, _ARRAY = 4, 8, 9
_CHUNK = 256 * 1024
MAX_FIELDS = 65_536
MAX_TENSORS = 1_000_000
MAX_ENTRIES = 20_000_000  # elements of one metadata array; the largest vocabularies in use have 262,144
MAX_STRING = 16 * 1024 * 1024
MAX_KEPT = 64 * 1024 * 1024  # bytes of string-array entries kept for later, over the whole header
# type id -> (name, elements per block, bytes per block); ggml.h enum ggml_type and ggml-common.h block structs
DTYPES = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 40), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17), 40: ("NVFP4", 64, 36), 41: ("Q1_0", 128, 18),
}  # fmt: skip


class _Cursor:
    """A position in a window that moves forward as values are taken, over one buffered chunk at a time."""

    __slots__ = ("base", "buffer", "kept", "pos", "window")

    def __init__(self, window: Window, at: int) -> None:
        self.window, self.base, self.pos, self.kept = window, at, 0, 0
        self.buffer = b""

    @property
    def at(self) -> int:
        return self.base + self.pos

    def need(self, count: int) -> None:
        """Make `count` bytes available from the position; raises Truncated if the artifact has fewer."""
        if self.pos + count > len(self.buffer):
            at = self.at
            if count > self.window.size - at:
                raise Truncated(
                    "read past the end", at=at, expected=f"{count:,} bytes", got=f"{self.window.size - at:,}"
                )
            self.buffer = self.window.rest(at, max(count, _CHUNK))
            self.base, self.pos = at, 0

    def take(self, layout: struct.Struct) -> int:
        self.need(layout.size)
        (value,) = layout.unpack_from(self.buffer, self.pos)
        self.pos += layout.size
        return int(value)

    def string(self, most: int = MAX_STRING) -> str:
        start, length = self.at, self.take(_U64)
        if length > most:
            raise LimitExceeded(
                "string longer than assay reads", at=start, expected=f"at most {most:,} bytes", got=f"{length:,}"
            )
        self.need(length)
        raw = self.buffer[self.pos : self.pos + length]
        self.pos += length
        try:
            return raw.decode()
        except UnicodeDecodeError as cause:
            raise Malformed("string is not UTF-8", at=start + 8 + cause.start) from cause

    def strings(self, count: int) -> tuple[bytes, ...]:
        """The raw bytes of `count` strings."""
        kept: list[bytes] = []
        unpack = _U64.unpack_from
        for _ in range(count):
            pos = self.pos
            if pos + 8 > len(self.buffer):
                self.need(8)
                pos = self.pos
            (length,) = unpack(self.buffer, pos)
            stop = pos + 8 + length
            if stop > len(self.buffer):
                if length > MAX_STRING:
                    raise LimitExceeded(
                        "string longer than assay reads",
                        at=self.at,
                        expected=f"at most {MAX_STRING:,} bytes",
                        got=f"{length:,}",
                    )
                self.need(8 + length)
                pos, stop = self.pos, self.pos + 8 + length
            kept.append(self.buffer[pos + 8 : stop])
            self.pos = stop
        self.kept += sum(map(len, kept))
        if self.kept > MAX_KEPT:
            raise LimitExceeded(
                "metadata strings larger than assay keeps",
                at=self.at,
                expected=f"at most {MAX_KEPT:,} bytes",
                got=f"{self.kept:,}",
            )
        return tuple(kept)

    def value(self, key: str) -> tuple[Declared, object]:
        """The value of a field, and how it is stored."""
        at, kind = self.at, self.take(_U32)
        if kind == _STRING:
            return Declared(kind, kind, 1, at), self.string()
        if kind != _ARRAY:
            return Declared(kind, kind, 1, at), self._block(kind, 1)[0]
        item, count = self.take(_U32), self.take(_U64)
        declared = Declared(kind, item, count, at)
        if count > MAX_ENTRIES:
            raise LimitExceeded(
                f"array {key[:80]!r} longer than assay reads",
                at=self.at,
                expected=f"at most {MAX_ENTRIES:,}",
                got=f"{count:,}",
            )
        if item == _STRING:
            return declared, self.strings(count)
        return declared, self._block(item, count)

    def _block(self, kind: int, count: int) -> tuple[object, ...]:
        if kind not in _SCALAR:
            raise Malformed("unknown metadata value type", at=self.at, expected="0 to 12", got=kind)
        layout = struct.Struct(f"<{count}{_SCALAR[kind]}")
        self.need(layout.size)
        values = layout.unpack_from(self.buffer, self.pos)
        self.pos += layout.size
        return values


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the weight index, then what the metadata says: config, tokenizer, chat templates, claims, pickles in it."""
    magic, version, tensor_count, field_count = window.unpack(_HEADER, 0)
    if magic != b"GGUF":  # type: ignore[comparison-overlap]
        raise Malformed("not a GGUF file", expected="the bytes 'GGUF'", got=repr(magic))
    if version not in (2, 3):
        raise Malformed("unsupported GGUF version", at=4, expected="2 or 3 (little-endian)", got=version)
    for count, most, what in ((field_count, MAX_FIELDS, "metadata fields"), (tensor_count, MAX_TENSORS, "tensors")):
        if count > most:
            raise LimitExceeded(f"more {what} than assay reads", at=8, expected=f"at most {most:,}", got=f"{count:,}")
    cursor = _Cursor(window, _HEADER.size)
    metadata, fields = _metadata(cursor, field_count)
    alignment = _alignment(metadata, fields)
    declared = [_tensor(cursor, alignment) for _ in range(tensor_count)]
    base = -(-cursor.at // alignment) * alignment
    tensors = tuple(
        TensorSpec(name, dtype, shape, base + at, base + at + size) for name, dtype, shape, at, size in declared
    )
    _distinct(declared)
    yield WeightIndex(
        artifact, "gguf", tensors, min(base, window.size), window.size, alignment, metadata=_short(metadata)
    )
    for said, at in broken(metadata, fields):
        yield Obstacle(artifact, Trouble.MALFORMED, f"{said} (byte {at:,})", at)
    yield from described(artifact, metadata, frozenset(tensor.name for tensor in tensors))
    yield from _pickles(artifact, metadata, fields)


def _pickles(artifact: str, metadata: dict[str, object], fields: dict[str, Declared]) -> Iterator[PickleProgram]:
    """Each pickle in a text, and in an array of texts or bytes."""
    from assay.formats._base64 import LEAST, Values

    values = Values(artifact)
    for key, value in metadata.items():
        if isinstance(value, str):
            yield from values.inside(f"{key[:80]!r}", value)
        elif isinstance(value, tuple) and fields[key].entry == _STRING:
            for place, text in enumerate(value):
                if len(text) < LEAST:  # nearly every entry of a vocabulary
                    continue
                yield from values.inside(f"{key[:80]!r} [{place}]", text)
        elif isinstance(value, tuple) and fields[key].entry in (0, 1):
            yield from values.inside(f"{key[:80]!r}", bytes(number & 255 for number in value))


def _alignment(metadata: dict[str, object], fields: dict[str, Declared]) -> int:
    """`general.alignment`, which llama.cpp reads as UINT32 whatever its type (ggml/src/gguf.cpp)."""
    key = "general.alignment"
    if key not in fields:
        return 32  # GGUF_DEFAULT_ALIGNMENT
    alignment, field = metadata[key], fields[key]
    if field.kind != _UINT32:
        said = f"{key} has another type, on which llama.cpp aborts"
        raise Malformed(said, at=field.at, expected="UINT32", got=field.name)
    if not isinstance(alignment, int) or alignment < 8 or alignment & (alignment - 1) or alignment > 1 << 30:
        raise Malformed(
            f"{key} is no power of two from 8 on", at=field.at, expected="8, 16, 32 or more", got=repr(alignment)
        )
    return alignment


def _distinct(declared: list[tuple[str, str, tuple[int, ...], int, int]]) -> None:
    """Malformed if two tensors have one name: readers differ on which one counts."""
    seen: set[str] = set()
    for name, *_ in declared:
        if name in seen:
            raise Malformed(f"tensor {name[:200]!r} is declared twice, and readers differ on which one counts")
        seen.add(name)


def _metadata(cursor: _Cursor, count: int) -> tuple[dict[str, object], dict[str, Declared]]:
    """The fields' values, and how each is stored."""
    metadata: dict[str, object] = {}
    fields: dict[str, Declared] = {}
    for _ in range(count):
        start, key = cursor.at, cursor.string(65_535)
        if key in metadata:
            raise Malformed(f"metadata key {key[:80]!r} appears twice", at=start)
        if not key:
            raise Malformed("metadata key is empty", at=start)
        fields[key], metadata[key] = cursor.value(key)
    return metadata, fields


def _short(metadata: dict[str, object]) -> tuple[tuple[str, str], ...]:
    """The scalar fields as text, for the report."""
    rows = ((key, value) for key, value in metadata.items() if isinstance(value, str | int | float | bool))
    return tuple(sorted((key[:200], str(value)[:200]) for key, value in rows))


def _tensor(cursor: _Cursor, alignment: int) -> tuple[str, str, tuple[int, ...], int, int]:
    """Name, dtype, shape (GGUF stores it innermost first), offset in the data section, size in bytes."""
    start, name = cursor.at, cursor.string(65_535)
    rank = cursor.take(_U32)
    if rank > 4:  # GGML_MAX_DIMS
        raise Malformed(f"tensor {name[:200]!r} has too many dimensions", at=start, expected="at most 4", got=rank)
    shape = tuple(cursor.take(_U64) for _ in range(rank))[::-1]
    kind, offset = cursor.take(_U32), cursor.take(_U64)
    if 0 in shape[:-1] or any(extent >= 2**63 for extent in shape):
        raise Malformed(
            f"tensor {name[:200]!r} has a dimension that llama.cpp divides by, or that is negative",
            at=start,
            expected="1 to 2^63 - 1",
            got=" x ".join(f"{extent:,}" for extent in shape),
        )
    if kind not in DTYPES:
        raise Malformed(f"tensor {name[:200]!r} has an unknown type", at=start, expected="a ggml type id", got=kind)
    dtype, per_block, block_bytes = DTYPES[kind]
    elements = prod(shape)
    if elements >= 2**63 or offset >= 2**63:
        raise Malformed(
            f"tensor {name[:200]!r} has an impossible size",
            at=start,
            expected="less than 2^63",
            got=max(elements, offset),
        )
    row = shape[-1] if shape else 1
    if row % per_block:
        raise Malformed(
            f"tensor {name[:200]!r} has rows that are no whole blocks of {dtype}",
            at=start,
            expected=f"a multiple of {per_block}",
            got=row,
        )
    if offset % alignment:
        raise Malformed(
            f"tensor {name[:200]!r} is not aligned", at=start, expected=f"a multiple of {alignment}", got=offset
        )
    return name, dtype, shape, offset, elements // per_block * block_bytes


FORMAT = Format(
    "gguf",
    "GGUF weights",
    read,
    names=("*.gguf",),
    magic=((0, b"GGUF"),),
    needs=("jinja2", "assay.formats.template.trial", "assay.formats._base64"),
    examines=(Aspect.TENSORS, Aspect.VALUES, Aspect.TEMPLATES, Aspect.TOKENS),
    gaps=(),
)
