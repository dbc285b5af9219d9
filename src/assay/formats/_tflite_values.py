"""Where the numbers of a TensorFlow Lite model lie (tensorflow/lite/schema/schema.fbs): buffers, and who uses them."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.structure import Flaw, FlawKind
from assay.facts.tensor import TensorSpec, WeightIndex
from assay.formats.encoding.flatbuffer import Table
from assay.formats.window import Window

MAX_TENSORS = 1_000_000
MAX_RANK = 64
LEAST = 1024  # bytes of a buffer without a user that are worth telling
_SUBGRAPHS, _BUFFERS, _METADATA_BUFFER, _METADATA = 2, 4, 5, 6  # Model
_SHAPE, _TYPE, _BUFFER, _NAME, _SPARSITY = 0, 1, 2, 3, 6  # Tensor
# TensorType -> element type; the others hold no numbers (STRING 5, RESOURCE 13, VARIANT 14)
_TYPES = {
    **{0: "F32", 1: "F16", 2: "I32", 3: "U8", 4: "I64", 6: "BOOL", 7: "I16", 8: "C64", 9: "I8", 10: "F64", 11: "C128"},
    **{12: "U64", 15: "U32", 16: "U16", 17: "I4", 18: "BF16", 19: "I2"},
}
_TEXTS = (5, 13, 14)


def indexes(artifact: str, window: Window, model: Table) -> Iterator[object]:
    """Yield the weight index, then each buffer that nothing uses."""
    buffers = [_bytes(window, buffer) for buffer in model.tables(_BUFFERS)]
    used = {0, *model.numbers(_METADATA_BUFFER)}
    used |= {row.integer(1, "<I") for row in model.tables(_METADATA)}
    tensors: list[TensorSpec] = []
    unread: list[tuple[str, str]] = []
    count = 0
    for subgraph in model.tables(_SUBGRAPHS):
        for row in subgraph.tables(0):
            count += 1
            number = row.integer(_BUFFER, "<I")
            used.add(number)
            start, stop = buffers[number] if number < len(buffers) else (0, 0)
            kind = row.integer(_TYPE, "<b")
            if count == MAX_TENSORS + 1:
                unread.append(("the tensors after these", f"assay lists the first {MAX_TENSORS:,} of a model"))
            if stop == start or kind in _TEXTS or count > MAX_TENSORS:
                continue
            name = row.text(_NAME)[:300] or f"tensor {count - 1}"
            shape = row.numbers(_SHAPE)
            if row.offset(_SPARSITY) is not None:
                unread.append((name, "it is stored as a sparse tensor, of which assay reads no values"))
            elif kind not in _TYPES or len(shape) > MAX_RANK or any(extent < 0 for extent in shape):
                unread.append((name, f"its type ({kind}) or shape is none that assay reads"))
            else:
                tensors.append(TensorSpec(name, _TYPES[kind], shape, start, stop))
    yield WeightIndex(artifact, "tflite", tuple(tensors), 0, window.size, shares_storage=True, unread=tuple(unread))
    for number, (start, stop) in enumerate(buffers):
        if number not in used and stop - start >= LEAST:
            said = f"buffer {number} holds {stop - start:,} bytes that no tensor and no metadata uses"
            yield Flaw(artifact, FlawKind.HIDDEN, said, start, f"buffer {number}")


def _bytes(window: Window, buffer: Table) -> tuple[int, int]:
    """Where a buffer's bytes lie: in it, or (models above 2 GB) at an offset of the file."""
    start, count = buffer.vector(0, 1, window.size)
    if count:
        return start, start + count
    at, size = buffer.integer(1, "<Q"), buffer.integer(2, "<Q")
    return (at, at + size) if at > 1 and size <= window.size - at else (0, 0)
