"""A TensorProto (onnx/onnx.proto): what it declares, where its values are, and what of that cannot be.

Values are stepped over. Keys of `external_data`: onnx/docs/ExternalData.md; ONNX Runtime adds `prepacked_*`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from math import prod

from assay.formats.encoding.protobuf import Field, Messages
from assay.lazy import dataclass

# TensorProto.DataType -> bits of one value; texts (8) have no fixed width
BITS = {
    **{1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16},
    **{17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2},
}
TEXTS = 8
_DIMS, _TYPE, _NAME, _RAW, _EXTERNAL, _LOCATION = 1, 2, 8, 9, 13, 14
WIDTHS = {4: 4, 10: 8}  # fields with numbers of fixed width -> their bytes; others hold base-128 numbers
_TYPED = frozenset({4, 5, 6, 7, 10, 11})  # float_data, int32_data, string_data, int64_data, double_data, uint64_data
_KEYS = frozenset({"location", "offset", "length", "checksum", "basepath"})
MEMORY = "*/_ORT_MEM_ADDR_/*"  # onnxruntime/core/framework/tensor_external_data_info.h: the offset is an address


@dataclass(slots=True)
class Tensor:
    """What a tensor says of itself; `raw` are the bytes of `raw_data`, `typed` those of other fields with values.

    `places` are (field, start, stop, whether packed) of those other fields: numbers that adjoin, each after a tag, are
    one place.
    """

    at: int
    name: str = ""
    kind: int = 0
    dims: list[int] = field(default_factory=list)
    raw: tuple[int, int] | None = None
    typed: int = 0
    places: list[tuple[int, int, int, bool]] = field(default_factory=list)
    outside: bool = False
    external: dict[str, str] = field(default_factory=dict)
    defects: list[str] = field(default_factory=list)

    @property
    def size(self) -> int | None:
        """The bytes that its values take; None where the type or the dimensions do not say."""
        if self.kind not in BITS or any(extent < 0 for extent in self.dims):
            return None
        return -(-prod(self.dims) * BITS[self.kind] // 8)

    def whole(self, key: str) -> int | None:
        """A number among the keys of `external_data`; None if it is absent or no number."""
        text = self.external.get(key, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None

    @property
    def reach(self) -> int:
        """How many bytes the other file must have for these values."""
        size = max(self.whole("length") or 0, self.size or 0)
        return (self.whole("offset") or 0) + size


def tensor(messages: Messages, found: Field) -> Tensor:
    """Read the fields of one TensorProto, and note what contradicts the format."""
    row = Tensor(found.start)
    for part in messages.inner(found):
        if part.number == _DIMS:
            row.dims += [_signed(value) for value in messages.numbers(part)]
        elif part.number == _TYPE:
            row.kind = part.value
        elif part.number == _NAME:
            row.name = messages.text(part)[:300]
        elif part.number == _RAW:
            row.raw = (part.start, part.stop)
        elif part.number in _TYPED:
            row.typed += max(1, part.stop - part.start)
            joined(row.places, part.number, part.start, part.stop, WIDTHS.get(part.number, 0))
        elif part.number == _LOCATION:
            row.outside = part.value == 1
        elif part.number == _EXTERNAL:
            _entry(messages, part, row)
    row.defects += _defects(row)
    return row


def _entry(messages: Messages, part: Field, row: Tensor) -> None:
    key = value = ""
    for entry in messages.inner(part):
        if entry.number == 1:
            key = messages.text(entry)
        elif entry.number == 2:
            value = messages.text(entry)
    if key in row.external:
        row.defects.append(f"external_data has the key {key[:80]!r} twice, and readers differ on which one counts")
    row.external[key] = value


def _defects(row: Tensor) -> Iterator[str]:
    if any(extent < 0 for extent in row.dims):
        yield f"its dimensions are negative: {row.dims[:8]}"
    elif row.size is not None and row.size >= 2**63:
        yield f"its dimensions {row.dims[:8]} overflow 64 bits"
    elif row.raw is not None and row.size is not None and row.raw[1] - row.raw[0] != row.size:
        yield f"it holds {row.raw[1] - row.raw[0]:,} bytes, but its dimensions and type need {row.size:,}"
    elif row.raw is None and row.size and not row.typed and not row.external and not row.outside:
        yield f"its dimensions and type need {row.size:,} bytes, and it holds none"
    for key in ("offset", "length"):
        if key in row.external and row.whole(key) is None:
            yield f"external_data has the {key} {row.external[key][:40]!r}, which is no whole number from 0 on"
    length = row.whole("length")
    if length is not None and row.size is not None and length < row.size < 2**63:
        yield f"external_data has the length {length:,}, but its dimensions and type need {row.size:,}"
    if row.external and not row.external.get("location"):
        yield "external_data names no location"


def joined(places: list[tuple[int, int, int, bool]], number: int, start: int, stop: int, width: int) -> None:
    """Note where one field with numbers lies; single ones that adjoin become one place.

    A field with a single number has no length: it begins at `start`, after a tag of one byte (fields below 16).
    """
    if stop > start:
        places.append((number, start, stop, True))
        return
    last = places[-1] if places else None
    if last is not None and last[0] == number and not last[3] and last[2] == start - 1 and width:
        places[-1] = (number, last[1], start + width, False)
    else:
        places.append((number, start - 1, start + width, False))


def unknown_keys(row: Tensor) -> list[str]:
    """Keys of `external_data` that the specification does not have."""
    return [key for key in row.external if key not in _KEYS and not key.startswith("prepacked")]


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value
