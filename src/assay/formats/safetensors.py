"""safetensors: an 8-byte length, a JSON header, then the tensors (huggingface/safetensors, README, "Format").

Only the header is read, so opening a 40 GB file costs the size of its header.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from math import prod

from assay.errors import LimitExceeded, Malformed, Truncated
from assay.facts.program import PickleProgram
from assay.facts.structure import Aspect
from assay.facts.tensor import TensorSpec, WeightIndex
from assay.formats import Format
from assay.formats.encoding.json import document
from assay.formats.window import Window

_LENGTH = struct.Struct("<Q")
MAX_HEADER = 100_000_000  # the reference implementation's own limit (safetensors/src/tensor.rs, MAX_HEADER_SIZE)
MAX_TENSORS = 2_000_000
# bits for each element; safetensors/src/tensor.rs, Dtype::bitsize
BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "I64": 64, "U64": 64, "F64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the weight index, then each pickle in the metadata."""
    (length,) = window.unpack(_LENGTH, 0)
    if length > window.size - _LENGTH.size:
        raise Truncated(
            "safetensors header runs past the end", expected=f"{length:,} bytes", got=f"{window.size - 8:,}"
        )
    if length > MAX_HEADER:
        raise LimitExceeded("safetensors header too long", expected=f"at most {MAX_HEADER:,} bytes", got=f"{length:,}")
    header = document(window.read(_LENGTH.size, length), at=_LENGTH.size)
    if not isinstance(header, dict):
        raise Malformed("safetensors header is not a JSON object", at=_LENGTH.size)
    start = _LENGTH.size + length
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise Malformed("safetensors __metadata__ is not a map of strings", at=_LENGTH.size)
    if len(header) > MAX_TENSORS:
        raise LimitExceeded(
            "more tensors than assay lists", expected=f"at most {MAX_TENSORS:,}", got=f"{len(header):,}"
        )
    tensors = sorted(
        (_tensor(name, entry, start) for name, entry in header.items()), key=lambda t: (t.start, t.stop, t.name)
    )
    pairs = tuple(sorted((key[:200], value[:1000]) for key, value in list(metadata.items())[:200]))
    yield WeightIndex(artifact, "safetensors", tuple(tensors), start, window.size, metadata=pairs)
    yield from _pickles(artifact, metadata)


def _pickles(artifact: str, metadata: dict[str, str]) -> Iterator[PickleProgram]:
    from assay.formats._base64 import Values

    values = Values(artifact)
    for key, value in metadata.items():
        yield from values.inside(f"__metadata__ {key[:80]!r}", value)


def _tensor(name: str, entry: object, data_start: int) -> TensorSpec:
    match entry:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(start), int(stop)], **rest} if not rest:
            pass
        case _:
            raise Malformed(f"tensor {name[:200]!r} is not described by dtype, shape and data_offsets", at=_LENGTH.size)
    if dtype not in BITS:
        raise Malformed(
            f"tensor {name[:200]!r} has an unknown dtype",
            at=_LENGTH.size,
            expected="a safetensors dtype",
            got=dtype[:40],
        )
    if not all(type(extent) is int and 0 <= extent < 2**63 for extent in shape) or len(shape) > 64:
        raise Malformed(
            f"tensor {name[:200]!r} has an impossible shape",
            at=_LENGTH.size,
            expected="extents of 0 to 2^63",
            got=str(shape)[:80],
        )
    if not 0 <= start <= stop < 2**63:
        raise Malformed(
            f"tensor {name[:200]!r} has impossible offsets",
            at=_LENGTH.size,
            expected="0 <= begin <= end",
            got=f"{start}, {stop}",
        )
    size = -(-prod(shape) * BITS[dtype] // 8)
    if stop - start != size:
        raise Malformed(
            f"tensor {name[:200]!r} has a byte range that does not fit its shape",
            at=data_start + start,
            expected=f"{size:,} bytes",
            got=f"{stop - start:,}",
        )
    return TensorSpec(name, dtype, tuple(shape), data_start + start, data_start + stop)


def _begins(name: str, head: bytes) -> bool:
    """Whether an unknown name stands for safetensors: a length that the format allows, then a JSON object."""
    return head[8:10] in (b'{"', b"{}") and 2 <= int.from_bytes(head[:8], "little") <= MAX_HEADER


FORMAT = Format(
    "safetensors",
    "safetensors weights",
    read,
    names=("*.safetensors",),
    needs=("assay.formats._base64",),
    guess=_begins,
    examines=(Aspect.TENSORS, Aspect.VALUES),
    gaps=(),
)
