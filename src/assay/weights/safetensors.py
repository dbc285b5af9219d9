"""Tensors as the bytes of a safetensors file."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping


def safetensors(tensors: Mapping[str, tuple[str, tuple[int, ...], bytes]], metadata: Mapping[str, str]) -> bytes:
    """A safetensors file of name -> (dtype, shape, bytes), in name order: the same input gives the same bytes."""
    header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    at = 0
    for name, (dtype, shape, raw) in sorted(tensors.items()):
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + len(raw)]}
        at += len(raw)
    text = json.dumps(header, sort_keys=True).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(raw for _, (_, _, raw) in sorted(tensors.items()))
