"""Tensors in a followed PyTorch checkpoint: names, shapes, byte ranges (torch/_utils.py, torch/serialization.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeGuard

from assay.facts.tensor import TensorSpec
from assay.formats.pickle.values import Call, Global, Persistent

MAX_TENSORS = 1_000_000
MAX_WRAPPED = 64  # calls around one tensor
MAX_KEY, MAX_NAME = 300, 1000  # characters of a key that a name keeps, and of a name
_OF_MODULE = frozenset({"_parameters", "_buffers", "_modules", ""})  # torch/nn/modules/module.py, Module.__init__
# (storage, offset, size, stride, ...) -> tensor (torch/_utils.py)
_REBUILDS = ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_qtensor")
# storage class or torch dtype -> (dtype, bytes for each element)
_DTYPES = {
    "FloatStorage": ("F32", 4),
    "HalfStorage": ("F16", 2),
    "BFloat16Storage": ("BF16", 2),
    "DoubleStorage": ("F64", 8),
    "LongStorage": ("I64", 8),
    "IntStorage": ("I32", 4),
    "ShortStorage": ("I16", 2),
    "CharStorage": ("I8", 1),
    "ByteStorage": ("U8", 1),
    "BoolStorage": ("BOOL", 1),
    "UntypedStorage": ("U8", 1),
    "float32": ("F32", 4),
    "float16": ("F16", 2),
    "bfloat16": ("BF16", 2),
    "float64": ("F64", 8),
    "int64": ("I64", 8),
    "int32": ("I32", 4),
    "int16": ("I16", 2),
    "int8": ("I8", 1),
    "uint8": ("U8", 1),
    "bool": ("BOOL", 1),
    "uint16": ("U16", 2),
    "uint32": ("U32", 4),
    "uint64": ("U64", 8),
    "QInt8Storage": ("I8", 1),
    "QUInt8Storage": ("U8", 1),
    "QInt32Storage": ("I32", 4),
    "ComplexFloatStorage": ("C64", 8),
    "ComplexDoubleStorage": ("C128", 16),
    "float8_e4m3fn": ("F8_E4M3", 1),
    "float8_e5m2": ("F8_E5M2", 1),
    "complex64": ("C64", 8),
}

# storage key -> (offset, length) in the artifact, or None if there is no such record
Locate = Callable[[str], "tuple[int, int] | None"]


def width(kind: str) -> int:
    """The bytes of one value in a storage of this class; 1 where the class is not known."""
    return _DTYPES.get(kind, (kind, 1))[1]


def is_known(kind: str) -> bool:
    """Whether the bytes of one value in a storage of this class are known."""
    return kind in _DTYPES


def storages(persistent: Sequence[object]) -> Iterator[tuple[str, str, int]]:
    """(key, dtype, elements) of each storage among the persistent ids of a followed pickle."""
    for pid in persistent:
        match pid:
            case ("storage", Global(name=kind), key, _, int(elements), *_):
                yield str(key), kind, elements


def tensors(value: object, locate: Locate, unread: list[tuple[str, str]]) -> Iterator[TensorSpec]:
    """Each tensor that loading gives, wherever in the value it lies, named by the path to it joined with dots.

    Those whose storage is not to be found go to `unread`.
    """
    for name, node in _tensor_calls(value):
        if node is None:
            unread.append(("the tensors after these", f"assay lists the first {MAX_TENSORS:,} of a pickle"))
        elif (spec := _spec(name, node, locate)) is not None:
            yield spec
        else:
            unread.append((name[:300], "its storage does not lie in the file as an array"))


def _tensor_calls(value: object) -> Iterator[tuple[str, Call | Persistent | None]]:
    """Each call that makes a tensor of a storage, and each storage that no such call takes, with the path to it.

    The last is None where there are more than MAX_TENSORS.
    """
    stack: list[tuple[str, object]] = [("", value)]
    seen: dict[int, object] = {}  # by identity, kept so that no other value gets the same one
    found = 0
    while stack:
        name, node = stack.pop()
        if isinstance(node, Call):
            node = _unwrapped(node)
        if _is_tensor(node) or _is_storage(node):
            found += 1
            if found > MAX_TENSORS:
                yield "", None
                return
            yield name, node
            continue
        if id(node) in seen:
            continue
        seen[id(node)] = node
        stack.extend((joined(name, key), entry) for key, entry in reversed(list(children(node))))


def joined(name: str, key: str) -> str:
    """The path as `state_dict()` names it: the three dictionaries in which a module keeps its tensors are left out."""
    return name if key in _OF_MODULE else f"{name}.{key}"[:MAX_NAME] if name else key


def children(node: object) -> Iterator[tuple[str, object]]:
    """What a value holds: items of a mapping or a sequence, attributes of an object, the arguments that made it."""
    if isinstance(node, dict):
        yield from ((str(key)[:MAX_KEY], entry) for key, entry in node.items())
    elif isinstance(node, list | tuple):
        yield from ((str(number), entry) for number, entry in enumerate(node))
    elif isinstance(node, Call):
        if _is(node, "OrderedDict") and isinstance(node.args, tuple):  # Python 2 hands its items to the call
            yield from (("", dict(pairs)) for pairs in node.args[:1] if _are_pairs(pairs))
        elif isinstance(node.args, tuple):
            yield from ((str(number), entry) for number, entry in enumerate(node.args))
        yield from ((str(key)[:MAX_KEY], entry) for key, entry in node.pairs)
        yield from ((str(number), entry) for number, entry in enumerate(node.entries))
        parts = node.state if isinstance(node.state, tuple) and len(node.state) == 2 else (node.state,)
        for part in parts:  # an object with slots has two
            yield from children(part) if isinstance(part, dict) else ()


def _are_pairs(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str) for pair in value
    )


def _unwrapped(call: Call) -> Call:
    """The tensor inside a Parameter or a subclass of Tensor, if `call` makes one."""
    for _ in range(MAX_WRAPPED):
        args = call.args if isinstance(call.args, tuple) else ()
        if _is(call, "_rebuild_parameter", "_rebuild_parameter_with_state") and args and isinstance(args[0], Call):
            call = args[0]
        elif _is(call, "_rebuild_from_type_v2") and len(args) > 2:
            call = Call(args[0], args[2])
        else:
            break
    return call


def _is(call: Call, *names: str) -> bool:
    return isinstance(call.target, Global) and call.target.name in names


def _is_storage(node: object) -> TypeGuard[Persistent]:
    match node:
        case Persistent(pid=("storage", Global(), _, _, int(), *_)):
            return True
    return False


def _is_tensor(node: object) -> TypeGuard[Call]:
    return (
        isinstance(node, Call)
        and _is(node, *_REBUILDS)
        and isinstance(node.args, tuple)
        and len(node.args) > 3
        and _is_storage(node.args[0])
    )


def _spec(name: str, node: Call | Persistent, locate: Locate) -> TensorSpec | None:
    """The tensor that a call makes of its storage, or a whole storage as one row of values."""
    pid: Any = node.pid if isinstance(node, Persistent) else ()
    args: Any = node.args if isinstance(node, Call) else (node, 0, (pid[4],), (1,))
    _, kind, key, *_ = args[0].pid
    kind = kind.name
    if isinstance(node, Call) and _is(node, "_rebuild_tensor_v3") and len(args) > 6 and isinstance(args[6], Global):
        kind = args[6].name
    dtype, each = _DTYPES.get(kind, (kind[:32], 1))
    offset, shape, stride = args[1], _extents(args[2]), _extents(args[3])
    place = locate(str(key))
    if not isinstance(offset, int) or shape is None or stride is None or place is None:
        return None
    empty = any(extent == 0 for extent in shape)
    span = 0 if empty else 1 + sum((extent - 1) * step for extent, step in zip(shape, stride, strict=False))
    start = place[0] + offset * each
    return TensorSpec(name[:MAX_NAME], dtype, shape, start, start + span * each)


def _extents(value: object) -> tuple[int, ...] | None:
    if isinstance(value, Call) and _is(value, "Size") and isinstance(value.args, tuple) and value.args:
        value = value.args[0]
    if isinstance(value, tuple | list) and all(type(extent) is int and 0 <= extent < 2**63 for extent in value):
        return tuple(value)
    return None
