"""ONNX tensors by hand (onnx/onnx.proto, TensorProto), in each way that writers put numbers down."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.hostile.graphs import field, varint

FLOAT, INT64, FLOAT16, DOUBLE, INT4 = 1, 7, 10, 11, 22


def _head(kind: int, shape: tuple[int, ...], name: str) -> bytes:
    dims = b"".join(field(1, extent) for extent in shape)
    return dims + field(2, kind) + (field(8, name) if name else b"")


def raw(values: Any, kind: int = FLOAT, name: str = "w") -> bytes:
    """`raw_data`, as onnx.numpy_helper.from_array writes."""
    return _head(kind, values.shape, name) + field(9, values.tobytes())


def typed(values: Any, kind: int, number: int, name: str = "w") -> bytes:
    """A packed field of numbers, as onnx.helper.make_tensor writes: fixed for float and double, else base 128."""
    fixed = number in (4, 10)
    body = values.tobytes() if fixed else b"".join(varint(int(value) % 2**64) for value in values.ravel())
    return _head(kind, values.shape, name) + field(number, body)


def one_by_one(values: Any, name: str = "w") -> bytes:
    """`float_data` with a tag before each number, as writers without packing do."""
    rows = b"".join(varint(4 << 3 | 5) + value.tobytes() for value in values.astype(np.float32).ravel())
    return _head(FLOAT, values.shape, name) + rows


def beside(shape: tuple[int, ...], location: str, offset: int, name: str = "w") -> bytes:
    """Values in another file."""
    keys = {"location": location, "offset": str(offset)}
    entries = b"".join(field(13, field(1, key) + field(2, value)) for key, value in keys.items())
    return _head(FLOAT, shape, name) + entries + field(14, 1)
