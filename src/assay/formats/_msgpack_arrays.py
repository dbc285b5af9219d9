"""Arrays in MessagePack, as Flax writes them (an extension value) and as msgpack-numpy does, which spaCy uses (a map).

Sources: flax/serialization.py, `_ndarray_to_bytes`; msgpack_numpy.py, `encode`, as srsly has it.
"""

from __future__ import annotations

from dataclasses import field
from math import prod

from assay.errors import InputError
from assay.facts.tensor import TensorSpec
from assay.formats.container.nest import part
from assay.formats.encoding.msgpack import values
from assay.formats.numpy_array import DTYPES as WRITTEN
from assay.formats.window import Window
from assay.lazy import dataclass

MAX_NAME = 300  # bytes of a key, and characters of a name, that are kept
MAX_RANK = 64
_ARRAY, _SCALAR = 1, 3  # extension types of Flax
# numpy.dtype.name -> element type
_NAMED = {
    **{"float16": "F16", "bfloat16": "BF16", "float32": "F32", "float64": "F64", "complex64": "C64", "bool": "BOOL"},
    **{"int8": "I8", "int16": "I16", "int32": "I32", "int64": "I64", "complex128": "C128"},
    **{"uint8": "U8", "uint16": "U16", "uint32": "U32", "uint64": "U64", "int4": "I8", "uint4": "U8"},
    **{"float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2"},
}


@dataclass(slots=True)
class _Open:
    """A container whose entries are being read: how many are left, and what the next is called.

    `parts` are the texts and bytes by key, `shape` the numbers under the key `shape`, of a map that may be an array.
    """

    left: int
    keyed: bool
    label: str = ""
    place: int = -1
    parts: dict[str, tuple[int, int]] = field(default_factory=dict)
    shape: list[int] = field(default_factory=list)


class Arrays:
    """Takes values in the order in which they are read, and keeps where the numbers of arrays lie."""

    def __init__(self, window: Window) -> None:
        self.tensors: list[TensorSpec] = []
        self.unread: list[tuple[str, str]] = []
        self._window = window
        self._open: list[_Open] = []

    def take(self, kind: str, at: int, start: int, size: int, entries: int) -> None:
        """The next value: its kind, offset, offset and size of its payload, entries that follow."""
        while self._open and self._open[-1].left == 0:
            self._open.pop()
        if self._open and not self._entry(self._open[-1], kind, at, start, size):
            return
        if kind == "extension" and self._window.read(start - 1, 1)[0] in (_ARRAY, _SCALAR):
            self._extension(self._name(), start, size)
        if entries:
            self._open.append(_Open(entries, kind == "map"))

    def _entry(self, top: _Open, kind: str, at: int, start: int, size: int) -> bool:
        """Take note of an entry of a container; False where it is a key."""
        top.left -= 1
        if not top.keyed:
            top.place += 1
            top.label = str(top.place)
            outer = self._open[-2] if len(self._open) > 1 else None
            if kind == "number" and outer is not None and outer.label == "shape" and len(outer.shape) <= MAX_RANK:
                outer.shape.append(_whole(self._window, at, start, size))
        elif top.left % 2:
            raw = self._window.read(start, min(size, MAX_NAME)) if kind in ("text", "bytes") else b""
            top.label = raw.decode("utf-8", "backslashreplace") or f"byte {start}"
            return False
        elif top.label in ("nd", "type", "data"):
            top.parts[top.label] = (start, start + size)
            if top.label == "data" and "nd" in top.parts and "type" in top.parts and kind == "bytes":
                self._map(top)
        return True

    def _name(self) -> str:
        return ".".join(row.label for row in self._open)[-MAX_NAME:] or "value"

    def _map(self, top: _Open) -> None:
        """An array as msgpack-numpy writes it: the keys nd, type, kind, shape and data, in this order."""
        start, stop = top.parts["data"]
        at, end = top.parts["type"]
        kind = self._window.read(at, min(end - at, 40)).decode("ascii", "replace")
        name = self._name().removesuffix(".data") if len(self._open) > 1 else "value"
        dtype = WRITTEN.get(kind)
        if dtype is not None and all(extent >= 0 for extent in top.shape):
            self.tensors.append(TensorSpec(name, dtype, tuple(top.shape), start, stop))
        elif not kind.lstrip("<>|=").startswith(("S", "U")):
            self.unread.append((name, f"assay does not read values of NumPy type {kind!a}"))

    def _extension(self, name: str, start: int, size: int) -> None:
        """An array as Flax writes it: shape, name of the type, bytes."""
        inner = part(self._window, start, start + size)
        try:
            rows = [row for row, _ in zip(values(inner), range(MAX_RANK + 4), strict=False)]
            shape = tuple(_whole(inner, *row[1:4]) if row[0] == "number" else -1 for row in rows[2:-2])
            (named, _, text, length, _), (kind, _, at, held, _) = rows[-2:]
            dtype = inner.read(text, min(length, 40)).decode("utf-8", "replace")
            told = rows[0][4] == 3 and rows[1][4] == len(shape) and (named, kind) == ("text", "bytes")
        except (InputError, IndexError, ValueError):
            told, shape = False, ()
        if not told or at + held != size or any(extent < 0 for extent in shape):
            self.unread.append((name, "it is no array as Flax writes them"))
        elif dtype in _NAMED:
            self.tensors.append(TensorSpec(name, _NAMED[dtype], shape, start + at, start + at + held))
        elif prod(shape):
            self.unread.append((name, f"assay does not read values of type {dtype!a}"))


def _whole(window: Window, at: int, start: int, size: int) -> int:
    """A number that is no fraction and not negative; -1 for another value."""
    code = window.read(at, 1)[0]
    if code < 0x80:
        return code
    return int.from_bytes(window.read(start, size), "big") if 0xCC <= code <= 0xCF else -1
