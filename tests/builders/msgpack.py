"""MessagePack by hand (msgpack.org specification): what flax.serialization writes."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Extension:
    """An extension value."""

    code: int
    content: bytes


def packed(value: Any) -> bytes:
    """Maps, sequences, texts, bytes, whole numbers, extension values."""
    if isinstance(value, Extension):
        return b"\xc9" + struct.pack(">IB", len(value.content), value.code) + value.content
    if isinstance(value, bytes):
        return b"\xc6" + struct.pack(">I", len(value)) + value
    if isinstance(value, str):
        return b"\xdb" + struct.pack(">I", len(value.encode())) + value.encode()
    if isinstance(value, int):
        return bytes([value]) if value < 128 else b"\xcf" + struct.pack(">Q", value)
    if isinstance(value, dict):
        return b"\xdf" + struct.pack(">I", len(value)) + b"".join(packed(k) + packed(v) for k, v in value.items())
    return b"\xdd" + struct.pack(">I", len(value)) + b"".join(map(packed, value))


def array(values: Any, code: int = 1) -> Extension:
    """An array as an extension value (flax/serialization.py, `_ndarray_to_bytes`)."""
    raw = np.ascontiguousarray(values)
    return Extension(code, packed((raw.shape, raw.dtype.name, raw.tobytes())))
