"""What an expression of a Python file may stand for, found without running it, and constants folded out of it."""

from __future__ import annotations

import ast
import codecs
from collections.abc import Iterable, Iterator
from enum import StrEnum

from assay.lazy import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
MOST = 16  # values that one expression may stand for
MOST_PARTS = 24
MOST_DEPTH = 3
MOST_TEXT = 4_096


class Mark(StrEnum):
    """Where a value comes from, as far as that makes using it suspicious."""

    DECODED = "decoded"
    FETCHED = "fetched"
    SECRET = "secret"  # noqa: S105 - a kind, not a password
    SOCKET = "socket"


_NONE: frozenset[Mark] = frozenset()


@dataclass(frozen=True, slots=True)
class Name:
    """Something imported or built in, by its dotted name; a leading dot means a file beside this one."""

    qualified: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal, or what was folded out of literals."""

    value: str | bytes | int | float | complex | bool | None


@dataclass(frozen=True, slots=True)
class Local:
    """A function or class of the file itself."""

    node: Function | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Made:
    """An instance of a class of the file itself."""

    node: ast.ClassDef


@dataclass(frozen=True, slots=True)
class Held:
    """A list, tuple, set or mapping, by what it holds."""

    parts: tuple[Value, ...]
    depth: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """The names of a module as a mapping (`vars(os)`), of all modules (`sys.modules`, empty), or of this file (`.`)."""

    module: str


@dataclass(frozen=True, slots=True)
class Bound:
    """An attribute of something that is not imported."""

    receivers: tuple[Value, ...]
    attribute: str


@dataclass(frozen=True, slots=True)
class Thing:
    """A value of which nothing more is known; `followed` if all that made it was inert.

    `wraps` if calling it with a function gives the function back (a decorator that takes arguments).
    """

    followed: bool
    marks: frozenset[Mark] = _NONE
    wraps: bool = False


Value = Name | Constant | Local | Made | Held | Table | Bound | Thing
Values = tuple[Value, ...]
UNKNOWN, INERT = Thing(False), Thing(True)


def joined(*groups: Iterable[Value]) -> Values:
    """Every value once; more than MOST end in one that is unknown."""
    found = tuple(dict.fromkeys(value for group in groups for value in group))
    return found if len(found) <= MOST else (*found[: MOST - 1], UNKNOWN)


def held(parts: Iterable[Value]) -> Held | Thing:
    """What holds these, as far as it is followed: literals are kept last, since they have no power."""
    flat = sorted(dict.fromkeys(parts), key=lambda value: isinstance(value, Constant))
    depth = 1 + max((value.depth for value in flat if isinstance(value, Held)), default=0)
    if depth > MOST_DEPTH:
        return Thing(False, marks(flat))
    if len(flat) > MOST_PARTS:
        flat = [*flat[:MOST_PARTS], INERT if isinstance(flat[MOST_PARTS], Constant) else UNKNOWN]
    return Held(tuple(flat), depth)


def elements(values: Values) -> Values:
    """What iterating over one of these, or taking an entry of it, may give."""
    found: list[Value] = []
    for value in values:
        match value:
            case Held(parts):
                found += parts or (INERT,)
            case Constant():
                found.append(INERT)
            case Thing():
                found.append(value)
            case Made():
                found.append(UNKNOWN)
            case _:
                found.append(Thing(isinstance(value, Name), marks((value,))))
    return joined(found)


def marks(values: Iterable[Value]) -> frozenset[Mark]:
    """The marks of all that is in these."""
    found: set[Mark] = set()
    for value in values:
        match value:
            case Thing(marks=own):
                found |= own
            case Held(parts):
                found |= marks(parts)
            case Bound(receivers):
                found |= marks(receivers)
            case Name("os.environ" | "os.environb"):
                found.add(Mark.SECRET)
            case _:
                pass
    return frozenset(found)


def texts(values: Iterable[Value]) -> Iterator[str]:
    """Every text in these, also within lists."""
    for value in values:
        match value:
            case Constant(value=str(text)):
                yield text
            case Constant(value=bytes(raw)):
                yield raw.decode("latin-1")
            case Held(parts):
                yield from texts(parts)
            case _:
                pass


def text_of(values: Values) -> str | None:
    """The text that the expression is, if it is one and only one; what is only marked beside it does not count."""
    found = [value.value for value in values if isinstance(value, Constant) and isinstance(value.value, str)]
    others = len(values) - len(found) - sum(isinstance(value, Thing) and value.followed for value in values)
    return found[0] if len(found) == 1 and not others else None


def added(left: Values, operator: ast.operator, right: Values) -> Values:
    """What `left operator right` is: folded if both are literals."""
    left, right = (tuple(v for v in side if not _only_marked(v)) or side for side in (left, right))
    match left, right:
        case (Constant(value=str(a)),), (Constant(value=str(b)),) if isinstance(operator, ast.Add):
            return (Constant((a + b)[:MOST_TEXT]),)
        case (Constant(value=bytes(c)),), (Constant(value=bytes(d)),) if isinstance(operator, ast.Add):
            return (Constant((c + d)[:MOST_TEXT]),)
        case (Constant(value=str(form)),), _ if isinstance(operator, ast.Mod):
            return _formatted(form, right)
    parts = [part for value in (*left, *right) for part in (value.parts if isinstance(value, Held) else ())]
    return (held(parts),) if parts else (Thing(_followed(left) and _followed(right), marks((*left, *right))),)


def _only_marked(value: Value) -> bool:
    return isinstance(value, Thing) and value.followed and value.marks == {Mark.DECODED}


def _followed(values: Values) -> bool:
    return all(value.followed if isinstance(value, Thing) else not isinstance(value, Made) for value in values)


def followed(values: Values) -> bool:
    """Whether all that made these was inert."""
    return _followed(values)


def _formatted(form: str, right: Values) -> Values:
    entries = right[0].parts if len(right) == 1 and isinstance(right[0], Held) else right
    plain = [entry.value for entry in entries if isinstance(entry, Constant)]
    if len(plain) == len(entries) == form.count("%s") == form.count("%") and len(form) < MOST_TEXT:
        return (Constant((form % tuple(plain))[:MOST_TEXT]),)
    return (Thing(_followed(right), marks(right)),)


def folded(receiver: str | bytes, method: str, arguments: list[Values]) -> Value | None:
    """What a method of a literal gives when called with literals; None if it is not folded."""
    plain: list[str | bytes | int] = []
    for values in arguments:
        match values:
            case (Constant(value=str() | bytes() | int() as entry),):
                plain.append(entry)
            case _:
                return None
    if len(receiver) > MOST_TEXT or any(isinstance(entry, int) for entry in plain):
        return None
    try:
        match receiver, method, plain:
            case str(), "lower" | "upper" | "strip" | "swapcase" | "title" | "capitalize" | "casefold", []:
                return Constant(getattr(receiver, method)())
            case str(), "replace", [str(old), str(new)] if len(new) < 64 and old:
                return Constant(receiver.replace(old, new)[:MOST_TEXT])
            case str(), "format", rows if receiver.count("{") == receiver.count("{}") == len(rows):
                return Constant(receiver.format(*rows)[:MOST_TEXT])
            case str(), "encode", [] | ["utf-8" | "ascii" | "latin-1"]:
                return Constant(receiver.encode())
            case bytes(), "decode", [] | ["utf-8" | "ascii" | "latin-1"]:
                return Constant(receiver.decode())
            case str(), "split", []:
                return held(Constant(row) for row in receiver.split())
    except (UnicodeError, ValueError, IndexError, KeyError):
        return None
    return None


def decoded(qualified: str, arguments: list[Values]) -> Value | None:
    """What a decoder gives for a literal: base64, hexadecimal digits, rot13; None if it is not folded."""
    import base64
    import binascii

    match arguments:
        case [(Constant(value=str() | bytes() as raw),), *rest] if len(raw) <= MOST_TEXT:
            pass
        case _:
            return None
    try:
        match qualified:
            case "base64.b64decode" | "base64.standard_b64decode" | "base64.urlsafe_b64decode":
                return Constant(base64.b64decode(raw))
            case "bytes.fromhex" | "bytearray.fromhex" | "binascii.unhexlify" | "binascii.a2b_hex":
                return Constant(bytes.fromhex(raw if isinstance(raw, str) else raw.decode()))
            case "codecs.decode" if isinstance(raw, str) and text_of(rest[0] if rest else ()) in ("rot13", "rot_13"):
                return Constant(codecs.decode(raw, "rot13"))
    except (ValueError, binascii.Error):
        return None
    return None


def sliced(values: Values, node: ast.expr) -> Values:
    """A slice of a literal: forward or backward, whole or between numbers."""
    if len(values) != 1 or not isinstance(values[0], Constant) or not isinstance(node, ast.Slice):
        return ()
    text, numbers = values[0].value, []
    for bound in (node.lower, node.upper, node.step):
        try:
            number = ast.literal_eval(bound) if bound is not None else None
        except (ValueError, TypeError, RecursionError):
            return ()
        if number is not None and not isinstance(number, int):
            return ()
        numbers.append(number)
    if isinstance(text, str | bytes) and numbers[2] != 0:
        return (Constant(text[slice(*numbers)]),)
    return ()
