"""Constants of a TensorFlow graph: where their numbers lie (tensorflow/core/framework: tensor, attr_value)."""

from __future__ import annotations

from dataclasses import field
from math import prod

from assay.facts.tensor import TensorSpec, WeightIndex
from assay.formats._onnx_tensor import joined
from assay.formats.encoding.protobuf import Field, Messages
from assay.lazy import dataclass

MAX_CONSTANTS = 200_000
MAX_RANK = 64
_VALUE, _TENSOR = 2, 8  # of an entry of NodeDef.attr; AttrValue.tensor
_DTYPE, _SHAPE, _CONTENT = 1, 2, 4  # TensorProto
# fields with floating point numbers -> element type, bytes; integers in fields of their own are sizes and places
_NUMBERS = {5: ("F32", 4), 6: ("F64", 8), 9: ("F32", 4), 12: ("F64", 8)}
_HALVES = 13  # those of two bytes, as base-128 numbers
_HALF, _BFLOAT = 19, 14  # DataType
# DataType (tensorflow/core/framework/types.proto) -> element type, bytes
_TYPES = {
    **{1: ("F32", 4), 2: ("F64", 8), 3: ("I32", 4), 4: ("U8", 1), 5: ("I16", 2), 6: ("I8", 1), 8: ("C64", 8)},
    **{9: ("I64", 8), 10: ("BOOL", 1), 11: ("I8", 1), 12: ("U8", 1), 13: ("I32", 4), 14: ("BF16", 2), 17: ("U16", 2)},
    **{18: ("C128", 16), 19: ("F16", 2), 22: ("U32", 4), 23: ("U64", 8), 24: ("F8_E5M2", 1), 25: ("F8_E4M3", 1)},
}


@dataclass(slots=True)
class Constants:
    """Tensors in attributes of nodes, by how their numbers are written, and those that are not read."""

    written: dict[str, list[TensorSpec]] = field(default_factory=dict)
    unread: list[tuple[str, str]] = field(default_factory=list)
    count: int = 0

    def indexes(self, artifact: str, size: int) -> list[WeightIndex]:
        """The weight indexes of the graph."""
        rows = [
            WeightIndex(artifact, "graphdef", tuple(found), 0, size, written=how) for how, found in self.written.items()
        ]
        if self.unread:
            rows.append(WeightIndex(artifact, "graphdef", (), 0, size, unread=tuple(self.unread)))
        return rows

    def node(self, messages: Messages, name: str, attributes: list[Field]) -> None:
        """Take in the tensors among the attributes of one node."""
        for entry in attributes:
            for part in messages.inner(entry):
                if part.number == _VALUE and part.stop > part.start:
                    for value in messages.inner(part):
                        if value.number == _TENSOR and value.stop > value.start:
                            self._tensor(messages, name[:300] or f"node at byte {entry.start:,}", value)

    def _tensor(self, messages: Messages, name: str, tensor: Field) -> None:
        self.count += 1
        if self.count > MAX_CONSTANTS:
            if self.count == MAX_CONSTANTS + 1:
                self.unread.append(("the constants after these", f"assay lists the first {MAX_CONSTANTS:,} of a graph"))
            return
        dtype, shape = 0, tuple[int, ...]()
        content: tuple[int, int] | None = None
        places: list[tuple[int, int, int, bool]] = []
        for part in messages.inner(tensor):
            if part.number == _DTYPE:
                dtype = part.value
            elif part.number == _SHAPE:
                shape = _extents(messages, part)
            elif part.number == _CONTENT:
                content = (part.start, part.stop)
            elif part.number == _HALVES and part.stop > part.start and dtype in (_HALF, _BFLOAT):
                count = sum(1 for _ in messages.numbers(part))
                self._put("varint", TensorSpec(name, _TYPES[dtype][0], (count,), part.start, part.stop))
            elif part.number in _NUMBERS:
                joined(places, part.number, part.start, part.stop, _NUMBERS[part.number][1])
        if content is not None and content[1] > content[0] and dtype in _TYPES:
            kind, width = _TYPES[dtype]
            if prod(shape) * width == content[1] - content[0] and len(shape) <= MAX_RANK:
                self._put("", TensorSpec(name, kind, shape, *content))
            else:
                self.unread.append((name, f"it holds {content[1] - content[0]:,} bytes, which its shape does not take"))
        for number, start, stop, packed in places:  # fewer than the shape takes, where the last is repeated
            kind, width = _NUMBERS[number]
            each = width if packed else width + 1
            self._put("" if packed else "tagged", TensorSpec(name, kind, ((stop - start) // each,), start, stop))

    def _put(self, how: str, spec: TensorSpec) -> None:
        self.written.setdefault(how, []).append(spec)


def _extents(messages: Messages, shape: Field) -> tuple[int, ...]:
    """The extents of a TensorShapeProto."""
    dims = [part for part in messages.inner(shape) if part.number == 2]
    return tuple(next((row.value for row in messages.inner(dim) if row.number == 1), 0) for dim in dims)
