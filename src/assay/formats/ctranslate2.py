"""CTranslate2 models, `model.bin` (OpenNMT/CTranslate2, python/ctranslate2/specs/model_spec.py, `_serialize`).

Strings, shapes and arrays one after another; the file holds no code and names no other file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise
from math import prod

from assay.errors import Malformed, Truncated
from assay.facts.structure import Aspect, Contents, Flaw, FlawKind
from assay.facts.tensor import TensorSpec, WeightIndex
from assay.formats import Format
from assay.formats.window import Window
from assay.lazy import regex

_BYTE, _SHORT, _LONG = struct.Struct("<B"), struct.Struct("<H"), struct.Struct("<I")
_OLDEST, _NEWEST = 2, 7  # versions that have a name; 6 is written since 2022
_TYPED, _ALIASED = 4, 3  # first version that states the type of a variable, and that has aliases
# src/layers/../types.h, DataType: number -> name and bytes
_TYPES = {0: ("F32", 4), 1: ("I8", 1), 2: ("I16", 2), 3: ("I32", 4), 4: ("F16", 2), 5: ("BF16", 2)}
_SIZES = {4: "F32", 2: "I16", 1: "I8"}  # what older versions mean by the size of one value
_BEGINS = regex(rb"[\x02-\x07]\0\0\0[\x05-\x60]\0[A-Za-z0-9_]+Spec\0")


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the weight index, and a flaw where bytes follow the last alias."""
    cursor = _Cursor(window)
    version = cursor.number(_LONG)
    if not _OLDEST <= version <= _NEWEST:
        raise Malformed("unsupported CTranslate2 version", expected=f"{_OLDEST} to {_NEWEST}", got=version)
    name, revision = cursor.text(), cursor.number(_LONG)
    tensors = tuple(cursor.variable(version) for _ in range(cursor.count(8)))
    stop = cursor.at
    if version >= _ALIASED and cursor.at < window.size:  # a file may end here: then it has no aliases
        for _ in range(cursor.count(6)):
            cursor.text(), cursor.text()
    start = min((tensor.start for tensor in tensors), default=stop)
    gaps = [right.start - left.stop for left, right in pairwise(tensors)]
    yield WeightIndex(
        artifact,
        "ctranslate2",
        tensors,
        start,
        max((tensor.stop for tensor in tensors), default=start),
        alignment=max(gaps, default=0) + 1,  # between two arrays lie the name and the shape of the second
        metadata=(("specification", name[:200]), ("revision", str(revision))),
    )
    yield Contents(artifact, FORMAT.id, len(tensors))
    if cursor.at < window.size:
        said = f"{window.size - cursor.at:,} bytes follow the last alias, from byte {cursor.at:,}"
        yield Flaw(artifact, FlawKind.HIDDEN, said, cursor.at)


class _Cursor:
    """Where in the file the next value begins."""

    def __init__(self, window: Window) -> None:
        self._window, self.at = window, 0

    def number(self, layout: struct.Struct) -> int:
        (value,) = self._window.unpack(layout, self.at)
        self.at += layout.size
        return value

    def count(self, least: int) -> int:
        """How many entries follow, each of which takes at least so many bytes."""
        at, found = self.at, self.number(_LONG)
        if found > (self._window.size - self.at) // least:
            raise Truncated("more entries than bytes are left", at=at, expected=f"{found:,} entries", got="fewer")
        return found

    def text(self) -> str:
        """A text that ends with a zero byte, which its length counts."""
        at, size = self.at, self.number(_SHORT)
        raw = self._window.read(self.at, size)
        self.at += size
        if raw.find(b"\0") != size - 1:
            raise Malformed("text does not end where its length says", at=at, expected="a zero byte at its end")
        return raw[:-1].decode("utf-8", "backslashreplace")

    def variable(self, version: int) -> TensorSpec:
        """One variable; its values are stepped over."""
        at, name = self.at, self.text()
        shape = tuple(self.number(_LONG) for _ in range(self.number(_BYTE)))
        code = self.number(_BYTE)
        if version >= _TYPED:
            kind, width = _TYPES.get(code, ("", 0))
            size = self.number(_LONG)
        else:
            kind, width = _SIZES.get(code, ""), code
            size = width * self.number(_LONG)
        if not kind:
            raise Malformed(f"variable {name[:200]!r} has an unknown type", at=at, expected="0 to 5", got=code)
        if size != prod(shape) * width:
            raise Malformed(
                f"variable {name[:200]!r} has a size that does not fit its shape",
                at=at,
                expected=f"{prod(shape) * width:,} bytes",
                got=f"{size:,}",
            )
        start = self.at
        if size > self._window.size - start:
            raise Truncated(
                f"variable {name[:200]!r} runs past the end",
                at=start,
                expected=f"{size:,} bytes",
                got=f"{self._window.size - start:,}",
            )
        self.at += size
        return TensorSpec(name[:1000], kind, shape, start, self.at)


def _written_by_converter(head: bytes) -> int:
    """1 if a file begins with a version and the name of a specification of its length."""
    return int(_BEGINS.match(head) is not None and head.find(b"\0", 6) == 5 + int.from_bytes(head[4:6], "little"))


FORMAT = Format(
    "ctranslate2",
    "CTranslate2 model",
    read,
    sniff=_written_by_converter,
    examines=(Aspect.LAYOUT, Aspect.TENSORS, Aspect.VALUES),
    gaps=(),
)
