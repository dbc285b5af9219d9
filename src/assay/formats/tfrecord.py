"""TensorFlow records, `*.tfrecord` and TensorBoard's logs (tensorflow/core/lib/io/record_writer.h), one after another.

Each is a length, its checksum, the bytes and their checksum. They hold examples to train on, or what was logged while
training: no loader runs them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from assay.errors import LimitExceeded, Truncated
from assay.facts.structure import Aspect, Contents
from assay.formats import Format
from assay.formats.window import Window

_LENGTH = struct.Struct("<Q")
_BESIDE = 16  # bytes of a record besides its content
_MOST = 20_000_000


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield how many records there are."""
    at = count = 0
    while at < window.size:
        left = window.size - at - _BESIDE
        size = window.unpack(_LENGTH, at)[0] if left >= 0 else 0
        if left < 0 or size > left:
            raise Truncated(
                "record runs past the end", at=at, expected=f"{size + _BESIDE:,} bytes", got=f"{window.size - at:,}"
            )
        at, count = at + size + _BESIDE, count + 1
        if count > _MOST:
            raise LimitExceeded("more records than assay walks", at=at, expected=f"at most {_MOST:,}", got="more")
    yield Contents(artifact, FORMAT.id, count)


FORMAT = Format(
    "tfrecord",
    "TensorFlow records",
    read,
    names=("*.tfrecord", "*.tfrecords", "*.tfevents.*", "*.tfrecord-*"),
    examines=(Aspect.LAYOUT,),
    gaps=(),
)
