"""What a pickle does, as one digest: every call with its whole arguments and every state, in their order.

It says whether two pickles do the same wherever their bytes stand, which is what accepting one of them has to hang on.
What only makes containers, tensors and arrays is left out until something else is given it.
"""

from __future__ import annotations

import hashlib
from typing import Any

from assay.formats.pickle.values import Call, Global, Opaque, Persistent
from assay.formats.window import Window

MOST_VALUES = 200_000  # of one pickle that are looked at
MOST_BYTES = 1 << 20  # of operands that the machine has skipped
_ARRAYS = ("numpy.core.multiarray", "numpy._core.multiarray")
_PLAIN = frozenset(
    {
        ("collections", "OrderedDict"),
        ("_codecs", "encode"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        *(("torch._utils", name) for name in ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter")),
        *((module, name) for module in _ARRAYS for name in ("_reconstruct", "scalar")),
    }
)


class Acts:
    """The digest of what was noted so far; `spent` where that is more than is looked at."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._noted: dict[int, tuple[int, Call]] = {}  # by identity: its number, and the call, so that it stays
        self._values, self._bytes = MOST_VALUES, MOST_BYTES
        self._spent = False

    def note(self, window: Window, step: str, target: object, *values: object) -> None:
        """Take in a step on `target`, unless all that it does is to make a plain value."""
        if self._spent or _plain(target.target if isinstance(target, Call) else target):
            return
        self._text("step", step)
        stack = [*reversed(values), target]
        while stack and not self._spent:
            self._values -= 1
            self._spent = self._values < 0
            stack.extend(reversed(self._value(window, stack.pop())))

    def noted(self, call: Call) -> None:
        """From now on take the call in by its number, where what it was given has been taken in."""
        if not self._spent and not _plain(call.target):
            self._noted[id(call)] = (len(self._noted), call)

    def hexdigest(self, names: list[tuple[str, str, int]]) -> str:
        """The digest in hex, with the names that are imported and their uses; empty if not everything was taken in."""
        if self._spent:
            return ""
        for module, name, use in sorted(names):
            self._text("import", f"{module}\0{name}\0{use}")
        return self._digest.hexdigest()

    def _value(self, window: Window, value: object) -> list[Any]:
        """Take in one value; what lies in it."""
        match value:
            case Call():
                if id(value) in self._noted:
                    self._text("noted", str(self._noted[id(value)][0]))
                    return []
                self._text("call", f"{len(value.pairs)} {len(value.entries)}")
                inside = [part for pair in value.pairs for part in pair]
                return [value.target, value.args, value.state, *inside, *value.entries]
            case Global():
                self._text("name", f"{value.module}\0{value.name}")
            case Persistent():
                self._text("persistent", "")
                return [value.pid]
            case Opaque():
                self._opaque(window, value)
            case tuple() | list():
                self._text(type(value).__name__, str(len(value)))
                return list(value)
            case dict():
                self._text("dict", str(len(value)))
                return [part for pair in value.items() for part in pair]
            case bytes():
                self._raw("bytes", value)
            case str():
                self._text("str", value)
            case bool() | None | float():
                self._text("value", repr(value))
            case int():
                self._text("int", hex(value))  # decimal digits of a long number cost more than it is long
            case _:
                self._spent = True
        return []

    def _opaque(self, window: Window, value: Opaque) -> None:
        self._text("opaque", f"{value.what}\0{value.size}")
        self._bytes -= value.size
        if self._bytes < 0:
            self._spent = True
        elif value.size:
            self._raw("bytes", window.read(value.at, value.size))

    def _text(self, kind: str, text: str) -> None:
        self._raw(kind, text.encode("utf-8", "surrogatepass"))

    def _raw(self, kind: str, raw: bytes) -> None:
        self._digest.update(f"{kind} {len(raw)}\n".encode())
        self._digest.update(raw)


def _plain(target: object) -> bool:
    return isinstance(target, Global) and (target.module, target.name) in _PLAIN
