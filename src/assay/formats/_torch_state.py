"""Tensors in a followed PyTorch checkpoint: names, shapes and where their bytes lie (torch/_utils.py, torch/serialization.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from assay.facts.tensor import TensorSpec
from assay.formats._pickle_values import Call, Global, Persistent

MAX_TENSORS = 1_000_000
MAX_DEPTH = 16
# storage class or torch dtype -> (dtype, bytes for each element)
_DTYPES = {
    "FloatStorage": ("F32", 4), "HalfStorage": ("F16", 2), "BFloat16Storage": ("BF16", 2), "DoubleStorage": ("F64", 8),
    "LongStorage": ("I64", 8), "IntStorage": ("I32", 4), "ShortStorage": ("I16", 2), "CharStorage": ("I8", 1),
    "ByteStorage": ("U8", 1), "BoolStorage": ("BOOL", 1), "UntypedStorage": ("U8", 1),
    "float32": ("F32", 4), "float16": ("F16", 2), "bfloat16": ("BF16", 2), "float64": ("F64", 8), "int64": ("I64", 8),
    "int32": ("I32", 4), "int16": ("I16", 2), "int8": ("I8", 1), "uint8": ("U8", 1), "bool": ("BOOL", 1),
    "uint16": ("U16", 2), "uint32": ("U32", 4), "uint64": ("U64", 8),
    "float8_e4m3fn": ("F8_E4M3", 1), "float8_e5m2": ("F8_E5M2", 1), "complex64": ("C64", 8),
}  # fmt: skip

# storage key -> (offset, length) in the artifact, or None if there is no such record
Locate = Callable[[str], "tuple[int, int] | None"]


def storages(persistent: Sequence[object]) -> Iterator[tuple[str, str, int]]:
    """(key, dtype, elements) of each storage among the persistent ids of a followed pickle."""
    for pid in persistent:
        match pid:
            case ("storage", Global(name=kind), key, _, int(elements), *_):
                yield str(key), kind, elements


def tensors(value: object, locate: Locate) -> Iterator[TensorSpec]:
    """Each tensor reachable through dicts and lists, named by the path to it joined with dots."""
    for name, call in _tensor_calls(value):
        spec = _spec(name, call, locate)
        if spec is not None:
            yield spec


def _tensor_calls(value: object) -> Iterator[tuple[str, Call]]:
    stack: list[tuple[str, object, int]] = [("", value, 0)]
    seen: set[int] = set()
    found = 0
    while stack and found < MAX_TENSORS:
        name, node, depth = stack.pop()
        if isinstance(node, Call):
            call = _unwrapped(node)
            if _is(call, "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_tensor"):
                found += 1
                yield name, call
                continue
        if depth >= MAX_DEPTH or id(node) in seen:
            continue
        seen.add(id(node))
        stack.extend(
            (f"{name}.{key}" if name else key, entry, depth + 1) for key, entry in reversed(list(_children(node)))
        )


def _children(node: object) -> Iterator[tuple[str, object]]:
    if isinstance(node, dict):
        yield from ((str(key)[:300], entry) for key, entry in node.items())
    elif isinstance(node, list | tuple):
        yield from ((str(number), entry) for number, entry in enumerate(node))
    elif isinstance(node, Call) and _is(node, "OrderedDict", "defaultdict") and isinstance(node.state, list):
        yield from ((str(key)[:300], entry) for key, entry in zip(node.state[::2], node.state[1::2], strict=False))


def _unwrapped(call: Call) -> Call:
    """The tensor inside a Parameter, if `call` makes one."""
    if _is(call, "_rebuild_parameter", "_rebuild_parameter_with_state") and isinstance(call.args, tuple) and call.args:
        inner = call.args[0]
        return inner if isinstance(inner, Call) else call
    return call


def _is(call: Call, *names: str) -> bool:
    return isinstance(call.target, Global) and call.target.name in names


def _storage(call: Call) -> tuple[str, str, int] | None:
    match call.args:
        case (Persistent(pid=("storage", Global(name=kind), key, _, int(elements), *_)), *_):
            return str(key), kind, elements
    return None


def _spec(name: str, call: Call, locate: Locate) -> TensorSpec | None:
    storage = _storage(call)
    if storage is None or not isinstance(call.args, tuple) or len(call.args) < 4:
        return None
    key, kind, _ = storage
    if _is(call, "_rebuild_tensor_v3") and len(call.args) > 6 and isinstance(call.args[6], Global):
        kind = call.args[6].name
    dtype, width = _DTYPES.get(kind, (kind[:32], 1))
    offset, shape, stride = call.args[1], _extents(call.args[2]), _extents(call.args[3])
    place = locate(key)
    if not isinstance(offset, int) or shape is None or stride is None or place is None:
        return None
    empty = any(extent == 0 for extent in shape)
    span = 0 if empty else 1 + sum((extent - 1) * step for extent, step in zip(shape, stride, strict=False))
    start = place[0] + offset * width
    return TensorSpec(name[:1000], dtype, shape, start, start + span * width)


def _extents(value: object) -> tuple[int, ...] | None:
    if isinstance(value, Call) and _is(value, "Size") and isinstance(value.args, tuple) and value.args:
        value = value.args[0]
    if isinstance(value, tuple | list) and all(type(extent) is int and 0 <= extent < 2**63 for extent in value):
        return tuple(value)
    return None
