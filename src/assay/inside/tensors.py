"""Numbers behind the views as one safetensors file (its format: a header of names, types, shapes and places)."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def safetensors(tensors: Mapping[str, NDArray[Any]]) -> bytes:
    """The file: float32 arrays by name, in the order of their names."""
    header: dict[str, Any] = {}
    parts, at = [], 0
    for name, values in sorted(tensors.items()):
        raw = np.ascontiguousarray(values, dtype="<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [at, at + len(raw)]}
        parts.append(raw)
        at += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([struct.pack("<Q", len(text)), text, *parts])
