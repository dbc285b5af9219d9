"""safetensors files, with every field of the header free to lie."""

from __future__ import annotations

import json
import struct
from functools import cache
from math import prod
from random import Random
from typing import Any

WIDTH = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "U8": 1, "I8": 1, "BOOL": 1, "F8_E4M3": 1}


_MANY = 1 << 16  # from so many values on, they are made of random bytes: a million in no time


def noise(dtype: str, count: int) -> bytes:
    """`count` values between 0.01 and 0.02 in size, the same every time; integers are bytes of any value."""
    return _of_bytes(dtype, count) if count >= _MANY and dtype in ("F32", "BF16") else _one_by_one(dtype, count)


def _of_bytes(dtype: str, count: int) -> bytes:
    """The upper two bytes are any from 3C24 to 3CA3 (0.01001 to 0.02002) with either sign, those below are any."""
    random = Random(count)
    upper = random.randbytes(count)
    values = bytearray(random.randbytes(count * WIDTH[dtype]))
    values[WIDTH[dtype] - 2 :: WIDTH[dtype]] = upper.translate(bytes(0x24 + (n & 0x7F) for n in range(256)))
    values[WIDTH[dtype] - 1 :: WIDTH[dtype]] = upper.translate(bytes(0x3C | (n & 0x80) for n in range(256)))
    return bytes(values)


@cache
def _one_by_one(dtype: str, count: int) -> bytes:
    random = Random(count)
    if dtype in ("F32", "F64", "F16"):
        values = (random.choice((-1, 1)) * random.uniform(0.01, 0.02) for _ in range(count))
        return struct.pack(f"<{count}{'f' if dtype == 'F32' else 'd' if dtype == 'F64' else 'e'}", *values)
    if dtype == "BF16":
        return b"".join(
            struct.pack("<H", random.randrange(0x3C20, 0x3CA0) | random.choice((0, 0x8000))) for _ in range(count)
        )
    return random.randbytes(count * WIDTH[dtype])


def safetensors(
    tensors: dict[str, tuple[str, tuple[int, ...]]] | None = None,
    *,
    header: dict[str, Any] | None = None,
    raw_header: bytes | None = None,
    length: int | None = None,
    data: bytes | None = None,
    tail: bytes = b"",
    metadata: dict[str, str] | None = None,
) -> bytes:
    """A sound file of noise holding `tensors` (name -> dtype, shape), unless another argument overrides a part."""
    built: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    at = 0
    for name, (dtype, shape) in (tensors or {}).items():
        size = prod(shape) * WIDTH[dtype]
        built[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    raw = raw_header if raw_header is not None else json.dumps(header if header is not None else built).encode()
    body = (
        data if data is not None else b"".join(noise(dtype, prod(shape)) for dtype, shape in (tensors or {}).values())
    )
    return struct.pack("<Q", len(raw) if length is None else length) + raw + body + tail
