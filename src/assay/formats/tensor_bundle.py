"""TensorFlow checkpoints, `*.index`: which tensor lies where in the `*.data-00000-of-00001` files beside it.

The index is a sorted table of LevelDB (tensorflow/core/lib/io/table.cc, format.cc) from names to BundleEntryProto
(tensorflow/core/protobuf/tensor_bundle.proto). Data files are numbers, and texts that no loader runs.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from assay.errors import LimitExceeded, Malformed, Truncated
from assay.facts.structure import Aspect, Contents, Hook, HookKind
from assay.facts.tensor import TensorSpec, WeightIndex
from assay.formats import Format
from assay.formats.encoding.protobuf import Field, Messages
from assay.formats.window import Window
from assay.lazy import regex

MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)  # format.h, kTableMagicNumber
_HEADER = regex(rb"\0\0[\x04-\x20]\x08[\x01-\x7f]", re.DOTALL)  # no key, a value, its field 1
_FOOTER = 48  # two block handles, padded, and the magic
_TRAILER = 5  # after a block: how it is compressed, and its checksum
_MOST_BLOCK, _MOST_ENTRIES, _MOST_KEY = 64 << 20, 2_000_000, 64 * 1024
# tensorflow/core/framework/types.proto, DataType
_TYPES = {
    **{1: "F32", 2: "F64", 3: "I32", 4: "U8", 5: "I16", 6: "I8", 8: "C64", 9: "I64", 10: "BOOL", 14: "BF16"},
    **{17: "U16", 19: "F16", 22: "U32", 23: "U64", 24: "F8_E5M2", 25: "F8_E4M3"},
}

_NO_NUMBERS = frozenset({0, 7, 20, 21})  # none, texts, handles, variants


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield a hook for each data file, then an index of the tensors in it."""
    if window.size < _FOOTER or window.read(window.size - 8, 8) != MAGIC:
        raise Malformed("not the index of a TensorFlow checkpoint", at=max(0, window.size - 8), expected="its magic")
    table = _Table(window)
    rows: dict[int, list[TensorSpec]] = {}
    spans: dict[int, list[tuple[int, int]]] = {}  # of tensors and of texts, which are none
    unread: list[tuple[str, str]] = []
    count = shards = 0
    for key, start, stop in table.entries():
        if not key:
            shards = next((field.value for field in table.fields(start, stop) if field.number == 1), 0)
            continue
        count += 1
        shard, found, span = table.tensor(key, start, stop)
        spans.setdefault(shard, []).append(span)
        if isinstance(found, TensorSpec):
            rows.setdefault(shard, []).append(found)
        elif found:
            unread.append((key[:1000], found))
    if not 0 < shards <= 100_000 or max(spans, default=0) >= shards:
        raise Malformed("the header of the checkpoint does not say how many data files there are", got=shards)
    stem = artifact.rpartition(" > ")[2].rpartition("/")[2].removesuffix(".index")
    for shard, places in sorted(spans.items()):
        name = f"{stem}.data-{shard:05d}-of-{shards:05d}"
        said = f"tensor values are read from {name[:200]!r}"
        until = max(end for _, end in places)
        yield Hook(artifact, HookKind.READ, "TensorFlow", "data file", name[:300], said, False, None, until)
        specs = tuple(sorted(rows.get(shard, ()), key=lambda spec: (spec.start, spec.stop)))
        yield WeightIndex(artifact, "tensorflow", specs, 0, until, alignment=_texts(specs, places) + 1, file=name)
    if unread:
        yield WeightIndex(artifact, "tensorflow", (), 0, window.size, unread=tuple(unread))
    yield Contents(artifact, FORMAT.id, count)


def _texts(specs: tuple[TensorSpec, ...], places: list[tuple[int, int]]) -> int:
    """The longest run of bytes between tensors that texts account for; 0 if some bytes belong to nothing."""
    reached = 0
    for start, stop in sorted(places):
        if start > reached:
            return 0
        reached = max(reached, stop)
    edges = [0, *(spec.stop for spec in specs)], [*(spec.start for spec in specs), reached]
    return max(0, *(start - stop for stop, start in zip(*edges, strict=True)))


class _Table:
    """A sorted table: blocks of keys, each key given as what it adds to the one before."""

    def __init__(self, window: Window) -> None:
        self._window, self._messages = window, Messages(window)
        self.fields = self._messages.fields

    def entries(self) -> Iterator[tuple[str, int, int]]:
        """(key, where its value begins, where it ends), in the order of the table."""
        at = self._window.size - _FOOTER
        for _ in range(2):  # the handle of the block of further blocks, then that of the index
            start, at = self._varint(at)
            size, at = self._varint(at)
        total = 0
        for _, first, last in self._block(start, size):
            block, after = self._varint(first)
            length, after = self._varint(after)
            if after > last:
                raise Malformed("handle of a block runs past its end", at=first)
            for key, begin, end in self._block(block, length):
                total += 1
                if total > _MOST_ENTRIES:
                    raise LimitExceeded(
                        "more tensors than assay lists", expected=f"at most {_MOST_ENTRIES:,}", got="more"
                    )
                yield key.decode("utf-8", "backslashreplace"), begin, end

    def tensor(self, name: str, start: int, stop: int) -> tuple[int, TensorSpec | str, tuple[int, int]]:
        """(number of the data file, the tensor or why it is not read, its place there); nothing for texts and slices.

        A tensor that is kept in slices has no values itself: each slice is an entry of its own.
        """
        code = shard = offset = size = sliced = 0
        shape: list[int] = []
        for field in self.fields(start, stop):
            if field.number == 1:
                code = field.value
            elif field.number == 2:
                shape += self._extents(field)
            elif field.number in (3, 4, 5):
                shard, offset, size = (
                    field.value if field.number == number else old
                    for number, old in ((3, shard), (4, offset), (5, size))
                )
            elif field.number == 7:
                sliced = 1
        kind = _TYPES.get(code, "")
        if max(offset, size, *shape, 0) >= 1 << 62:
            raise Malformed(f"tensor {name[:200]!r} has a negative extent or place", at=start)
        span = (offset, offset + size)
        if sliced or code in _NO_NUMBERS:
            return shard, "", span
        why = f"assay does not read values of TensorFlow's type {code}"
        return shard, TensorSpec(name[:1000], kind, tuple(shape), *span) if kind else why, span

    def _extents(self, shape: Field) -> list[int]:
        """The extents of a TensorShapeProto, whose field 2 are dimensions with the size as field 1."""
        dimensions = [part for part in self._messages.inner(shape) if part.number == 2]
        return [next((one.value for one in self._messages.inner(part) if one.number == 1), 0) for part in dimensions]

    def _block(self, start: int, size: int) -> Iterator[tuple[bytes, int, int]]:
        """(key, where its value begins, where it ends) for the entries of one block (block.cc)."""
        if size > min(_MOST_BLOCK, max(0, self._window.size - start - _TRAILER)) or size < 4:
            raise Truncated("block runs past the end", at=start, expected=f"{size:,} bytes", got="fewer")
        if compressed := self._window.read(start + size, 1)[0]:
            raise LimitExceeded(
                "block is compressed, and assay does not unpack it", at=start + size, expected="0", got=compressed
            )
        restarts = int.from_bytes(self._window.read(start + size - 4, 4), "little")
        if restarts > (size - 4) // 4:
            raise Malformed("block has more restarts than bytes", at=start + size - 4, got=restarts)
        at, stop, key = start, start + size - 4 - 4 * restarts, b""
        while at < stop:
            begin = at
            shared, at = self._varint(at)
            added, at = self._varint(at)
            length, at = self._varint(at)
            if shared > len(key) or added > _MOST_KEY or shared + added > _MOST_KEY or added + length > stop - at:
                raise Malformed("entry of a block runs past its end", at=begin)
            key = key[:shared] + self._window.read(at, added)
            yield key, at + added, at + added + length
            at += added + length

    def _varint(self, at: int) -> tuple[int, int]:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._window.read(at, 1)[0]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, at
        raise Malformed("number has no end", at=at)


def _begins(name: str, head: bytes) -> bool:
    """Whether an index begins with the entry of the empty key, whose value says how many data files there are."""
    return name.endswith(".index") and _HEADER.match(head) is not None


FORMAT = Format(
    "tensorflow",
    "index of a TensorFlow checkpoint",
    read,
    names=("variables.index",),
    guess=_begins,
    examines=(Aspect.FILES, Aspect.TENSORS, Aspect.VALUES),
    gaps=(),
)
