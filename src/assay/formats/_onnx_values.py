"""Where the numbers of an ONNX model lie (onnx/onnx.proto, TensorProto): in the file, beside it, or not as one."""

from __future__ import annotations

from dataclasses import field
from math import prod

from assay.facts.tensor import TensorSpec, WeightIndex
from assay.formats._onnx_tensor import BITS, MEMORY, TEXTS, WIDTHS, Tensor
from assay.lazy import dataclass

MAX_TENSORS = 200_000
MAX_RANK = 64
ALIGNMENT = 65_536  # the widest that writers of external data pad to (onnx/external_data_helper.py: pages of memory)
# TensorProto.DataType -> element type
_TYPES = {
    **{1: "F32", 2: "U8", 3: "I8", 4: "U16", 5: "I16", 6: "I32", 7: "I64", 9: "BOOL", 10: "F16", 11: "F64", 12: "U32"},
    **{13: "U64", 14: "C64", 15: "C128", 16: "BF16", 17: "F8_E4M3", 18: "F8_E4M3FNUZ", 19: "F8_E5M2"},
    **{20: "F8_E5M2FNUZ", 21: "U4", 22: "I4", 23: "F4", 24: "F8_E8M0", 25: "U2", 26: "I2"},
}


@dataclass(slots=True)
class Values:
    """Tensors in the file by how they are written, those beside it by file, those that cannot be read."""

    written: dict[str, list[TensorSpec]] = field(default_factory=dict)
    beside: dict[str, list[TensorSpec]] = field(default_factory=dict)
    unread: list[tuple[str, str]] = field(default_factory=list)
    count: int = 0

    def indexes(self, artifact: str, size: int) -> list[WeightIndex]:
        """The weight indexes: one for each way of writing, one for each file of values."""
        rows = [
            WeightIndex(artifact, "onnx", tuple(found), 0, size, written=how) for how, found in self.written.items()
        ]
        if self.unread:
            rows.append(WeightIndex(artifact, "onnx", (), 0, size, unread=tuple(self.unread)))
        for file, found in self.beside.items():
            rows.append(WeightIndex(artifact, "onnx", tuple(found), 0, 0, ALIGNMENT, shares_storage=True, file=file))
        return rows

    def add(self, found: Tensor, name: str) -> None:
        """Take in one tensor, called `name` where it has no name of its own."""
        size, name = found.size, (found.name or name)[:300]
        if found.kind == TEXTS or not prod(found.dims) or self._enough():
            return
        if size is None or size >= 2**63 or len(found.dims) > MAX_RANK or found.kind not in _TYPES:
            self.unread.append((name, f"its type ({found.kind}) or shape is none that assay reads"))
        elif found.external:
            self._beside(found, name, size)
        elif found.raw is not None:
            self._put("", name, found, *found.raw)
        elif len(found.places) != 1:
            many = "in several pieces" if found.places else "nowhere in the file"
            self.unread.append((name, f"its values are written {many}"))
        else:
            self._typed(found, name, size)

    def attribute(self, name: str, places: list[tuple[int, int, int, bool]]) -> None:
        """Take in the floating point numbers of a node's attribute."""
        if self._enough():
            return
        if len(places) != 1:
            self.unread.append((name[:300], "its values are written in several pieces"))
            return
        ((_, start, stop, packed),) = places
        spec = TensorSpec(name[:300], "F32", ((stop - start) // (4 if packed else 5),), start, stop)
        self.written.setdefault("" if packed else "tagged", []).append(spec)

    def _enough(self) -> bool:
        self.count += 1
        if self.count == MAX_TENSORS + 1:
            self.unread.append(("the tensors after these", f"assay lists the first {MAX_TENSORS:,} tensors of a model"))
        return self.count > MAX_TENSORS

    def _typed(self, found: Tensor, name: str, size: int) -> None:
        ((number, start, stop, packed),) = found.places
        width, bits = WIDTHS.get(number, 0), BITS[found.kind]
        if not width and packed:
            self._put("varint", name, found, start, stop)
        elif width * 8 not in (bits, bits // 2):  # complex numbers are pairs
            self.unread.append((name, "its values are written in a field of another type"))
        elif packed and stop - start == size:
            self._put("", name, found, start, stop)
        elif not packed and stop - start == size // width * (width + 1) and width * 8 == bits:
            self._put("tagged", name, found, start, stop)
        else:
            self.unread.append((name, f"it holds {stop - start:,} bytes where its shape takes {size:,}"))

    def _put(self, how: str, name: str, found: Tensor, start: int, stop: int) -> None:
        spec = TensorSpec(name, _TYPES[found.kind], tuple(found.dims), start, stop)
        self.written.setdefault(how, []).append(spec)

    def _beside(self, found: Tensor, name: str, size: int) -> None:
        file, offset, length = found.external.get("location", ""), found.whole("offset"), found.whole("length")
        if not file or file.startswith(MEMORY) or (offset is None and "offset" in found.external):
            self.unread.append((name, "it names no file and offset that assay can follow"))
        elif length is not None and length != size:
            self.unread.append((name, f"external_data states {length:,} bytes where its shape takes {size:,}"))
        else:
            start = offset or 0
            spec = TensorSpec(name, _TYPES[found.kind], tuple(found.dims), start, start + size)
            self.beside.setdefault(file[:1000], []).append(spec)
