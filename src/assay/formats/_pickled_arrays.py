"""Arrays in a followed pickle: names, shapes, byte ranges (numpy/core/src/multiarray/methods.c, array_reduce; joblib).

Pickles of scikit-learn, gensim and the like keep what a model learnt so. Arrays of records, as decision trees have,
become one tensor for each field of floating point numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from assay.facts.tensor import TensorSpec, WeightIndex
from assay.formats.numpy_array import DTYPES
from assay.formats.pickle.values import Call, Global, Opaque
from assay.formats.torch.state import children, joined

MAX_ARRAYS = 200_000
MAX_VISITED = 5_000_000
MAX_FIELDS = 256
# how bytes stand in a pickle -> how values are written
_WRITTEN = {"bytes": "", "array": "", "latin1": "latin1"}
_FLOATS = frozenset({"F16", "F32", "F64", "C64", "C128"})


def indexes(artifact: str, value: object, size: int) -> Iterator[WeightIndex]:
    """The weight indexes of a pickle's value: plain arrays, then fields of records by where they lie in one."""
    found = _Found()
    for name, node in _arrays(value):
        if node is None:
            found.unread.append(("the arrays after these", f"assay lists the first {MAX_ARRAYS:,} of a pickle"))
        else:
            found.take(name[:300], node)
    for written, tensors in found.tensors.items():
        unread = tuple(found.unread) if not written else ()
        yield WeightIndex(
            artifact, "pickle", tuple(tensors), 0, size, shares_storage=True, unread=unread, written=written
        )


def _arrays(value: object) -> Iterator[tuple[str, Call | None]]:
    """Each call that makes an array, with the path to it; None at last where there is more than is looked at."""
    stack: list[tuple[str, object]] = [("", value)]
    seen: dict[int, object] = {}  # by identity, kept so that no other value gets the same one
    visited = count = 0
    while stack:
        name, node = stack.pop()
        if isinstance(node, str | int | float | bytes | None) or id(node) in seen:
            continue
        visited += 1
        if visited > MAX_VISITED or count == MAX_ARRAYS:
            yield "", None
            return
        seen[id(node)] = node
        parts = _parts(node) if isinstance(node, Call) else None
        if isinstance(node, Call) and parts is not None:
            if isinstance(parts[2], Opaque | str | bytes):
                count += 1
                yield name, node
                continue
            stack.append((name, parts[2]))  # an array of objects: what it holds
            continue
        stack.extend((joined(name, key), entry) for key, entry in reversed(list(children(node))))


def _parts(node: Call) -> tuple[Any, Any, Any, Any] | None:
    """(shape, dtype, bytes, whether columns come first) of a call that makes an array; None for any other."""
    name = node.target.name if isinstance(node.target, Global) else ""
    if name == "_reconstruct" and isinstance(node.state, tuple) and len(node.state) >= 5:
        return node.state[1], node.state[2], _bytes(node.state[4]), node.state[3] is True
    if name == "_frombuffer" and isinstance(node.args, tuple) and len(node.args) >= 4:
        return node.args[2], node.args[1], _bytes(node.args[0]), node.args[3] == "F"
    if name == "NumpyArrayWrapper" and isinstance(node.state, dict) and node.entries:
        state = node.state
        return state.get("shape"), state.get("dtype"), node.entries[-1], state.get("order") == "F"
    return None


def _bytes(value: object) -> object:
    """Where bytes lie; protocol 2 writes them as a text that is encoded again."""
    if isinstance(value, Call) and isinstance(value.target, Global) and value.target.name == "encode":
        return value.entries[0] if value.entries else ""
    return value


class _Found:
    """Tensors by how they are written, and arrays that are not read."""

    def __init__(self) -> None:
        self.tensors: dict[str, list[TensorSpec]] = {"": []}
        self.unread: list[tuple[str, str]] = []

    def take(self, name: str, node: Call) -> None:
        """One array."""
        shape, dtype, data, columns_first = _parts(node) or (None, None, "", False)
        if not isinstance(shape, tuple) or not all(type(extent) is int and 0 <= extent < 2**63 for extent in shape):
            return
        if not prod(shape) or not isinstance(dtype, Call):
            return
        letter = str(dtype.args[0])[:1] if isinstance(dtype.args, tuple) and dtype.args else ""
        if letter in ("S", "U", "O", "M", "m"):
            return  # texts, objects and dates are no weights
        if not isinstance(data, Opaque) or data.what not in _WRITTEN:
            self.unread.append((name, "its bytes are written as a text of Python 2"))
        elif (element := _element(dtype)) is not None:
            flat = (prod(shape),) if columns_first and len(shape) > 1 else shape
            self.tensors.setdefault(_WRITTEN[data.what], []).append(
                TensorSpec(name, element, flat, data.at, data.at + data.size)
            )
        elif not self._records(name, prod(shape), dtype, data):
            self.unread.append((name, "its type is none that assay reads"))

    def _records(self, name: str, count: int, dtype: Call, data: Opaque) -> bool:
        """Take the fields of records; False where they are not described as numpy describes them."""
        state = dtype.state
        fields = state[4] if isinstance(state, tuple) and len(state) > 4 else None
        stride = state[5] if isinstance(state, tuple) and len(state) > 5 else None
        if not isinstance(fields, dict) or type(stride) is not int or stride < 1 or len(fields) > MAX_FIELDS:
            return False
        for key, entry in fields.items():
            kind, offset = (*entry, None, None)[:2] if isinstance(entry, tuple) else (None, None)
            element = _element(kind)
            if element is None or type(offset) is not int or not 0 <= offset < stride:
                return False
            if element in _FLOATS:
                spec = TensorSpec(f"{name}.{str(key)[:100]}", element, (count,), data.at, data.at + data.size)
                written = f"{_WRITTEN[data.what]} records {stride} {offset}".lstrip()
                self.tensors.setdefault(written, []).append(spec)
        return True


def _element(dtype: object) -> str | None:
    """The element type of a followed numpy.dtype; None for another."""
    if not isinstance(dtype, Call) or not isinstance(dtype.args, tuple) or not dtype.args:
        return None
    name, state = str(dtype.args[0]), dtype.state
    if name[:1] in "<>|=":
        return DTYPES.get(name)
    order = state[1] if isinstance(state, tuple) and len(state) > 1 else "<"
    return DTYPES.get(f"{'|' if name[1:] == '1' else order}{name}")
