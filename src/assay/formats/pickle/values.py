"""The stand-ins that a followed pickle is made of, and how they read as pseudo-code."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import field
from typing import Any

from assay.errors import Malformed
from assay.lazy import dataclass, regex

# attributes that the unpickler itself looks up on an object and calls (CPython Lib/pickle.py: load_build, load_append,
# load_appends, load_additems, load_reduce); an object that is given one by its state calls it at a later step
_CALLED = frozenset({"append", "extend", "add"})
_HARMLESS = frozenset(
    {
        "__doc__",
        "__module__",
        "__name__",
        "__qualname__",
        "__version__",
        "__annotations__",
        "__dict__",
        "__wrapped__",
        "__signature__",
    }
)
# a key that no literal is, as the machine writes it: the name that stands in it, or any text that a call computes
_MADE = regex(r"<.*?(__\w{1,60}__)|<(?:builtins|__builtin__)\.(?:str|unicode)\((?!b?['\"]).*", re.DOTALL)
_SURVEYED = 2_000_000  # values that are looked at for how deep they lie


@dataclass(frozen=True, slots=True)
class Global:
    """A name that the pickle imports."""

    module: str
    name: str


@dataclass(slots=True)
class Call:
    """The value that calling `target` would give, and what the pickle then does to it.

    A mapping gets `pairs`, a sequence `entries`, any object a `state`; one value may get several, as the OrderedDict
    of every `state_dict()` does: its tensors are pairs, its `_metadata` is state.
    """

    target: object
    args: object
    state: object = None
    pairs: list[tuple[object, object]] = field(default_factory=list)
    entries: list[object] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Persistent:
    """An object that the loader supplies by id; PyTorch keeps tensor storages this way."""

    pid: object


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that assay does not keep: what it is, how long, and where its bytes begin."""

    what: str
    size: int = 0
    at: int = 0


def rendered(value: object, depth: int = 4) -> str:
    """A value as pseudo-code, cut to what a person reads."""
    if depth == 0:
        return "..."
    match value:
        case Global(module=module, name=name):
            return f"{module}.{name}"[:200]
        case Call(target=target, args=args):
            inner = (
                ", ".join(rendered(arg, depth - 1) for arg in args[:8])
                if isinstance(args, tuple | list)
                else rendered(args, depth - 1)
            )
            return f"{rendered(target, depth - 1)}({inner})"[:400]
        case Persistent(pid=pid):
            return f"persistent({rendered(pid, depth - 1)})"
        case Opaque(what=what, size=size):
            return f"<{what}, {size:,} bytes>" if size else f"<{what}>"
        case str() | bytes():
            return repr(value[:120])
        case tuple() | list():
            return (
                "("
                + ", ".join(rendered(entry, depth - 1) for entry in value[:8])
                + (", ...)" if len(value) > 8 else ")")
            )
        case dict():
            return f"{{{len(value)} items}}"
    return repr(value)[:60]


def unquoted(raw: bytes) -> Any:
    """The operand of STRING: a quoted Python 2 string."""
    if len(raw) < 2 or raw[:1] != raw[-1:] or raw[:1] not in b"'\"":
        raise Malformed("pickle string operand is not quoted")
    decoded, _ = codecs.escape_decode(raw[1:-1])
    return decoded.decode("utf-8", "backslashreplace")


def state_keys(state: object) -> Iterator[str]:
    """The attribute names in the state of BUILD that make an object behave otherwise, rather than hold something."""
    parts = state if isinstance(state, tuple) and len(state) == 2 else (state,)
    for part in parts:
        if not isinstance(part, dict):
            continue
        for key, value in part.items():
            if not isinstance(key, str):
                continue
            if made := _MADE.match(key):  # by a call: what it gives names an attribute as well as a text does
                key = made[1] or made[0]
            special = key.startswith("__") and key.endswith("__") and key.islower()  # as all are that Python looks up
            magic = special and key not in _HARMLESS and "pydantic" not in key
            magic = magic or bool(made and not made[1])
            if magic or (key in _CALLED and isinstance(value, Global | Call)):
                yield key[:80]


def weight(value: tuple[Any, ...]) -> int:
    """How many values a walk through nested tuples visits that does not notice what it has seen."""
    known: dict[int, int] = {}
    stack: list[tuple[Any, bool]] = [(value, False)]
    while stack:
        node, ready = stack.pop()
        if id(node) in known:
            continue
        if ready:
            known[id(node)] = 1 + sum(known.get(id(entry), 1) for entry in node if isinstance(entry, tuple)) + len(node)
            continue
        stack.append((node, True))
        stack.extend((entry, False) for entry in node if isinstance(entry, tuple) and id(entry) not in known)
    return known[id(value)]


def depth(value: object) -> int:
    """How deep containers lie in containers, each looked at once."""
    return sum(1 for _ in _levels(value))


def cut(values: list[object], most: int) -> bool:
    """Empty each container that lies `most` deep or deeper, by itself; none, and False, where tuples there hold others.

    A nest that is freed as one takes more stack than a browser gives: its Python comes down at some 5,000 levels.
    """
    levels = list(_levels(values))[most:]
    if any(isinstance(node, tuple) and _entries(node) for node in levels[0]):
        return False
    found = [node for level in levels for node in level]
    for node in found:
        if isinstance(node, dict | list):
            node.clear()
        elif isinstance(node, Call):
            node.args = node.state = None
            node.pairs.clear()
            node.entries.clear()
    found.reverse()  # a list lets go of its last entry first, here of the outermost
    return True


def _entries(node: Any) -> list[Any]:
    """The containers that one holds."""
    entries: Any = node.values() if isinstance(node, dict) else node if isinstance(node, list | tuple) else ()
    if isinstance(node, Call):
        entries = (node.args, node.state, [value for _, value in node.pairs], node.entries)
    return [entry for entry in entries if isinstance(entry, dict | list | tuple | Call)]


def _levels(value: object) -> Iterator[list[Any]]:
    """The containers in a value by how deep they lie, `value` first."""
    seen: set[int] = set()
    level: list[Any] = [value]
    while level and len(seen) < _SURVEYED:
        yield level
        below: list[Any] = []
        for node in level:
            for entry in _entries(node):
                if id(entry) not in seen:
                    seen.add(id(entry))
                    below.append(entry)
        level = below
