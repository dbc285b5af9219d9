"""Weight files that lie about themselves: safetensors and GGUF."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator

from tests.builders import gguf_model
from tests.builders.hub import config
from tests.hostile import Case


def _st(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def _f32(start: int, stop: int, shape: list[int]) -> dict[str, object]:
    return {"dtype": "F32", "shape": shape, "data_offsets": [start, stop]}


def cases() -> Iterator[Case]:
    """Every case of weights."""
    safetensors: dict[str, bytes] = {
        "overlap": _st({"a": _f32(0, 8, [2]), "b": _f32(4, 12, [2])}, bytes(12)),
        "same-bytes": _st({"a": _f32(0, 8, [2]), "b": _f32(0, 8, [2])}, bytes(8)),
        "hole": _st({"a": _f32(0, 8, [2]), "b": _f32(16, 24, [2])}, bytes(24)),
        "trailing": _st({"a": _f32(0, 8, [2])}, bytes(8) + b"#!/bin/sh inert"),
        "leading": _st({"a": _f32(16, 24, [2])}, bytes(24)),
        "past-the-end": _st({"a": _f32(0, 4096, [1024])}, bytes(8)),
        "shape-too-large": _st({"a": _f32(0, 8, [1 << 40])}, bytes(8)),
        "shape-overflow": _st({"a": _f32(0, 8, [1 << 33, 1 << 33])}, bytes(8)),
        "negative-offset": _st({"a": _f32(-8, 0, [2])}, bytes(8)),
        "reversed-offsets": _st({"a": _f32(8, 0, [2])}, bytes(8)),
        "negative-shape": _st({"a": _f32(0, 8, [-2])}, bytes(8)),
        "header-too-long": _st({}, b"", 2**60),
        "header-past-end": _st({}, b"", 4096),
        "header-not-json": _st(b"{not json}"),
        "header-not-object": _st(b"[]"),
        "duplicate-key": _st(
            b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},'
            b'"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
            bytes(8),
        ),
        "duplicate-metadata": _st(b'{"__metadata__":{"a":"1"},"__metadata__":{"a":"2"}}'),
        "metadata-not-text": _st({"__metadata__": {"a": 1}}),
        "unknown-dtype": _st({"a": {"dtype": "F33", "shape": [2], "data_offsets": [0, 8]}}, bytes(8)),
        "deep-json": _st(b"[" * 50_000),
        "empty-file": b"",
        "seven-bytes": b"\x02\0\0\0\0\0\0",
        "infinity": _st(b'{"a":{"dtype":"F32","shape":[Infinity],"data_offsets":[0,8]}}', bytes(8)),
    }
    for name, raw in safetensors.items():
        yield Case("safetensors", name, {"model.safetensors": raw})
    for name, target in (
        ("escape", "../../../../etc/passwd"),
        ("absolute", "/etc/passwd"),
        ("missing", "model-00001-of-00002.safetensors"),
    ):
        index = json.dumps({"metadata": {}, "weight_map": {"a": target}}).encode()
        yield Case(
            "safetensors",
            f"index-{name}",
            {"model.safetensors.index.json": index, "config.json": json.dumps(config()).encode()},
        )
    sound = gguf_model()

    def patched(at: int, new: bytes) -> bytes:
        return sound[:at] + new + sound[at + len(new) :]

    key = sound.index(b"general.architecture")
    gguf: dict[str, bytes] = {
        "version-0": patched(4, struct.pack("<I", 0)),
        "version-99": patched(4, struct.pack("<I", 99)),
        "big-endian": patched(4, struct.pack(">I", 3)),
        "tensor-count": patched(8, struct.pack("<Q", 2**62)),
        "field-count": patched(16, struct.pack("<Q", 2**62)),
        "tensor-count-off-by-one": patched(8, struct.pack("<Q", struct.unpack_from("<Q", sound, 8)[0] + 1)),
        "key-length": patched(key - 8, struct.pack("<Q", 2**63)),
        "key-length-small": patched(key - 8, struct.pack("<Q", 1)),
        "value-type": patched(key + 20, struct.pack("<I", 77)),
        "truncated-header": sound[:40],
        "truncated-data": sound[:-64],
        "trailing": sound + b"\0" * 32 + b"#!/bin/sh inert",
        "magic-only": b"GGUF",
    }
    for name, raw in gguf.items():
        yield Case("gguf", name, {"model.gguf": raw})
