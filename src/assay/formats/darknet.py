"""Weights of Darknet, `*.weights` (pjreddie/darknet, src/parser.c, `load_weights_upto`): a version, then float32.

Which layer a number belongs to stands in the `.cfg` beside it, so all of them are one tensor here.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from assay.errors import Malformed
from assay.facts.structure import Aspect, Contents
from assay.facts.tensor import TensorSpec, WeightIndex
from assay.formats import Format
from assay.formats.window import Window
from assay.lazy import regex

_VERSION = struct.Struct("<iii")  # major, minor, revision; then the number of images seen
_BEGINS = regex(rb"\0{4}[\x01-\x05]\0{3}[\x00-\x09]\0{3}", re.DOTALL)


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the weight index."""
    major, minor, _ = window.unpack(_VERSION, 0)
    # from version 0.2 on, the number of images is 64 bits wide
    start = _VERSION.size + (8 if 10 * major + minor >= 2 else 4)
    if (window.size - start) % 4 or window.size < start:
        raise Malformed(
            "not weights of Darknet", at=start, expected="float32 up to the end", got=f"{window.size:,} bytes"
        )
    count = (window.size - start) // 4
    tensor = TensorSpec("weights", "F32", (count,), start, window.size)
    yield WeightIndex(artifact, "darknet", (tensor,), start, window.size)
    yield Contents(artifact, FORMAT.id, 1)


def _begins(name: str, head: bytes) -> bool:
    return name.endswith((".weights", ".backup")) and _BEGINS.match(head) is not None


FORMAT = Format(
    "darknet",
    "Darknet weights",
    read,
    guess=_begins,
    examines=(Aspect.LAYOUT, Aspect.TENSORS, Aspect.VALUES),
    gaps=(),
)
