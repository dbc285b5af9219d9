"""PyTorch checkpoints from before 1.6, a stream of pickles (torch/serialization.py, `_legacy_save`).

In order: magic, version, system, object, keys, storages.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from assay.errors import Malformed
from assay.facts.structure import Aspect, Flaw, FlawKind
from assay.facts.tensor import WeightIndex
from assay.formats import Format
from assay.formats.window import Window

_NUMBER = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # 0x1950a86a20f9469cfc6c (torch/serialization.py, MAGIC_NUMBER), pickled
MAGIC = b"\x80\x02" + _NUMBER  # what torch.save writes unless another pickle_protocol is asked for
_FRAME = b"\x95\x0d" + bytes(7)
_MAGICS = (
    MAGIC,
    b"\x80\x03" + _NUMBER,
    b"\x80\x04" + _FRAME + _NUMBER,
    b"\x80\x05" + _FRAME + _NUMBER,
    b"L119547037146038801333356L\n.",
)
_COUNT = struct.Struct("<q")
_WIDTH = {
    "DoubleStorage": 8,
    "LongStorage": 8,
    "FloatStorage": 4,
    "IntStorage": 4,
    "HalfStorage": 2,
    "BFloat16Storage": 2,
    "ShortStorage": 2,
    "ComplexFloatStorage": 8,
    "ComplexDoubleStorage": 16,
    "QInt32Storage": 4,
}


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield a program for each of the five pickles, then the weight index."""
    from assay.formats.pickle.follow import alone, follow
    from assay.formats.torch.state import storages, tensors

    at, followed = 0, None
    values: list[object] = []
    persistent: list[object] = []
    for member in ("magic number", "protocol version", "system", "object", "storage keys"):
        followed = follow(window, artifact, member, at, window.size, "torch")
        yield from alone(followed)
        values.append(followed.value)
        persistent += followed.persistent
        at = followed.stop
    state, keys = values[3], values[4]
    if not isinstance(keys, list | tuple):
        raise Malformed("the list of storage keys is not a list", at=at)
    widths = {key: _WIDTH.get(kind, 1) for key, kind, _ in storages(persistent)}
    spans, end = _storages(window, at, [str(key) for key in keys], widths)
    unread: list[tuple[str, str]] = []
    rows = tuple(tensors(state, spans.get, unread))
    yield WeightIndex(
        artifact,
        "torch-legacy",
        rows,
        at,
        window.size,
        alignment=_COUNT.size + 1,
        shares_storage=True,
        unread=tuple(unread),
    )
    if end != window.size:
        yield Flaw(
            artifact, FlawKind.HIDDEN, f"{window.size - end:,} bytes follow the last storage, from byte {end:,}", end
        )


def _storages(
    window: Window, at: int, keys: list[str], widths: dict[str, int]
) -> tuple[dict[str, tuple[int, int]], int]:
    """Where each storage's values begin and how many bytes they are, and where the last one ends."""
    storages: dict[str, tuple[int, int]] = {}
    for key in keys:
        (count,) = window.unpack(_COUNT, at)
        size = count * widths.get(key, 1)
        at += _COUNT.size
        if count < 0 or size > window.size - at:
            raise Malformed(
                f"storage {key[:80]!r} runs past the end",
                at=at,
                expected=f"at most {window.size - at:,} bytes",
                got=f"{size:,}",
            )
        storages[key] = (at, size)
        at += size
    return storages, at


def _written_by_torch(head: bytes) -> int:
    """2, above the 1 of any pickle, if the first pickle is PyTorch's magic number."""
    return 2 if head.startswith(_MAGICS) else 0


FORMAT = Format(
    "torch-legacy",
    "PyTorch checkpoint (legacy)",
    read,
    sniff=_written_by_torch,
    needs=("assay.formats.pickle.follow", "assay.formats.torch.state"),
    examines=(Aspect.LAYOUT, Aspect.PICKLES, Aspect.TENSORS, Aspect.VALUES),
    gaps=(),
)
