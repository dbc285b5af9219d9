"""Facts and dossiers as JSON, and back: what crosses the worker's pipe and what is kept on disk.

Nothing is pickled. Decoding checks every value against the type hints of the dataclass it becomes, so that a
compromised worker or an edited dossier can at most lie within the types.
"""

from __future__ import annotations

import hashlib
import json
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from json.encoder import encode_basestring_ascii
from math import isfinite
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from assay.facts.section import Unread

Decoder = Callable[[object], Any]
T = TypeVar("T")

# fields that say where in a file something is, or how much of it there is: no such number is negative, nor so great
# that it fits no float; what a file itself states as a number may be anything
_PLACES = frozenset(
    ("alignment", "at", "data_start", "data_stop", "line", "lines", "opcodes", "parts", "start", "stop", "until")
)
_FARTHEST = 1 << 96
_SCALARS: dict[Any, type] = {"str": str, "int": int, "float": float, "bool": bool}


class Mismatch(ValueError):
    """A JSON value does not have the shape of the type it was to become."""


def encode(value: object) -> object:
    """The JSON form of a fact: dataclasses as objects without the None fields, tuples as arrays, enums as text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, tuple):
        return [encode(entry) for entry in value]
    if isinstance(value, Unread):
        return json.loads(value.text)
    kind: Any = type(value)
    fields_ = ((name, getattr(value, name)) for name in _names(kind))
    return {name: encode(entry) for name, entry in fields_ if entry is not None}


def decode(kind: type[T], value: object) -> T:
    """Build a `kind` from its JSON form; raises Mismatch if any part has another type or a field is missing."""
    key: Any = kind
    decoded: T = _decoder(key)(value)
    return decoded


def canonical(value: object) -> bytes:
    """The one JSON text of a fact: keys sorted, one-space indent, ASCII, a final line break."""
    return b"".join(pieces(value))


def sha256(value: object) -> str:
    """SHA-256, in hex, of the one JSON text of a fact: of a dossier, the digest that names it."""
    found = hashlib.sha256()
    for piece in pieces(value):
        found.update(piece)
    return found.hexdigest()


def pieces(value: object) -> Iterator[bytes]:
    """The one JSON text of a fact, piece by piece: each element of each field by itself, so that it is never whole."""
    kind = cast(Any, type(value))
    if not is_dataclass(value):
        yield f"{_text(value, '')}\n".encode("ascii")
        return
    before = "{"
    for name in sorted(_names(kind)):
        entry = getattr(value, name)
        if entry is None:
            continue
        yield f'{before}\n "{name}": '.encode("ascii")
        before = ","
        if not isinstance(entry, tuple) or not entry:
            yield _text(entry, " ").encode("ascii")
            continue
        for number, row in enumerate(entry):
            yield f"{',' if number else '['}\n  {_text(row, '  ')}".encode("ascii")
        yield b"\n ]"
    yield b"{}\n" if before == "{" else b"\n}\n"


def _text(value: object, pad: str) -> str:
    """What `json.dumps(encode(value), sort_keys=True, indent=1)` gives, indented by `pad`, in a tenth of its memory.

    The library's encoder in C does not indent.
    """
    if isinstance(value, str):
        return encode_basestring_ascii(str(value))
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError(f"{value} cannot be written as JSON")
        return float.__repr__(value)
    if isinstance(value, Unread):
        return json.dumps(json.loads(value.text), sort_keys=True, indent=1, allow_nan=False).replace("\n", f"\n{pad}")
    deeper, kind = f"{pad} ", cast(Any, type(value))
    if isinstance(value, tuple):
        opened, closed, rows = "[", "]", [_text(row, deeper) for row in value]
    else:
        found = ((name, getattr(value, name)) for name in sorted(_names(kind)))
        rows = [f'"{name}": {_text(row, deeper)}' for name, row in found if row is not None]
        opened, closed = "{", "}"
    return "".join((opened, "\n", deeper, f",\n{deeper}".join(rows), "\n", pad, closed)) if rows else opened + closed


@cache
def _names(kind: Any) -> tuple[str, ...]:
    if not is_dataclass(kind):
        raise TypeError(f"{kind!r} is not a fact")
    return tuple(field.name for field in fields(kind))


@cache
def _decoder(kind: Any) -> Decoder:
    if kind is Any:  # a record under a schema of its own, which whoever knows the schema decodes
        return lambda value: Unread(json.dumps(value, sort_keys=True, allow_nan=False))
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass_decoder(kind)
    origin = get_origin(kind)
    if origin is tuple:
        return _tuple_decoder(get_args(kind))
    if origin in (Union, types.UnionType):
        return _union_decoder(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _enum_decoder(kind)
    return _scalar_decoder(kind)


def _dataclass_decoder(kind: type) -> Decoder:
    hints = _hints(kind)
    parts = tuple((name, _field_decoder(name, hints[name])) for name in _names(kind))
    names = frozenset(_names(kind))

    def build(value: object) -> Any:
        if not isinstance(value, dict) or not value.keys() <= names:
            raise Mismatch(f"not a {kind.__name__}")
        # a field that is absent is None, which only the decoder of an optional field accepts
        return kind(*[decoder(value.get(name)) for name, decoder in parts])

    return build


def _hints(kind: Any) -> dict[str, Any]:
    """The type that each field's annotation names; the library, which is slow at it, is asked for the less simple."""
    found = {name: _SCALARS.get(kind.__annotations__[name]) for name in _names(kind)}
    others = {name: kind.__annotations__[name] for name, scalar in found.items() if scalar is None}
    return found | get_type_hints(types.SimpleNamespace(__annotations__=others), vars(sys.modules[kind.__module__]))


def _field_decoder(name: str, hint: Any) -> Decoder:
    decoder = _decoder(hint)
    if name not in _PLACES or hint not in (int, int | None):
        return decoder

    def build(value: object) -> Any:
        if isinstance(value, int) and not 0 <= value < _FARTHEST:
            raise Mismatch(f"a negative or immense {name}")
        return decoder(value)

    return build


def _tuple_decoder(entries: tuple[Any, ...]) -> Decoder:
    if len(entries) == 2 and entries[1] is Ellipsis:
        decoder = _decoder(entries[0])

        def build(value: object) -> Any:
            if not isinstance(value, list):
                raise Mismatch("not an array")
            return tuple([decoder(entry) for entry in value])

        return build
    decoders = tuple(_decoder(entry) for entry in entries)

    def build_fixed(value: object) -> Any:
        if not isinstance(value, list) or len(value) != len(decoders):
            raise Mismatch(f"not an array of {len(decoders)}")
        return tuple([decoder(entry) for decoder, entry in zip(decoders, value, strict=True)])

    return build_fixed


def _union_decoder(options: tuple[Any, ...]) -> Decoder:
    decoders = tuple(_decoder(option) for option in options)

    def build(value: object) -> Any:
        for decoder in decoders:
            try:
                return decoder(value)
            except Mismatch:
                continue
        raise Mismatch("fits none of the types allowed here")

    return build


def _enum_decoder(kind: type[StrEnum]) -> Decoder:
    members = {member.value: member for member in kind}

    def build(value: object) -> Any:
        if not isinstance(value, str) or value not in members:
            raise Mismatch(f"not a {kind.__name__}")
        return members[value]

    return build


def _scalar_decoder(kind: Any) -> Decoder:
    if kind not in (str, int, float, bool, type(None)):
        raise TypeError(f"{kind!r} cannot be part of a fact")

    def build(value: object) -> Any:
        if type(value) is kind:
            return value
        raise Mismatch(f"not a {kind.__name__}")

    return build
