"""A pickle read as a program: every opcode of protocols 0 to 5 is followed on symbols, and nothing is imported.

What the unpickler would do (CPython Lib/pickle.py; opcodes in Lib/pickletools.py) is done on stand-ins: a global
stays a name, a call stays a call. The result says what would be imported and called, at which byte.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from assay.errors import LimitExceeded, Malformed, Truncated
from assay.facts.program import PickleImport, PickleProgram
from assay.formats.window import Window

MAX_OPCODES = 20_000_000
MAX_STACK = 5_000_000
MAX_LINE = 16 * 1024 * 1024
MAX_TEXT = 1_000_000  # characters of a string operand that are kept; the rest is skipped
MAX_CALLS = 200
MAX_IMPORTS = 10_000
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Global:
    """A name that the pickle imports."""

    module: str
    name: str


@dataclass(slots=True)
class Call:
    """The value that calling `target` would give."""

    target: object
    args: object
    state: object = None


@dataclass(frozen=True, slots=True)
class Persistent:
    """An object that the loader supplies by id; PyTorch keeps tensor storages this way."""

    pid: object


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that assay does not need: what it is, and how long."""

    what: str
    size: int = 0


@dataclass(slots=True)
class Followed:
    """What following one pickle gave: its value, where it ended, and the record for the report."""

    value: object
    stop: int
    program: PickleProgram


class _Mark:
    __slots__ = ()


_MARK = _Mark()


@dataclass(slots=True)
class Machine:
    """The state of one run over a pickle that begins at `at` and must not read beyond `limit`."""

    window: Window
    artifact: str
    member: str
    at: int
    limit: int
    stack: list[Any] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)
    imports: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    calls: list[tuple[int, str]] = field(default_factory=list)
    unfollowed: dict[str, None] = field(default_factory=dict)
    opcodes: int = 0
    buffer: bytes = b""
    base: int = 0

    # operands -----------------------------------------------------------------------------------------

    def take(self, count: int) -> bytes:
        if count > self.limit - self.at:
            raise Truncated(
                "pickle runs past its end", at=self.at, expected=f"{count:,} bytes", got=f"{self.limit - self.at:,}"
            )
        offset = self.at - self.base
        if offset < 0 or offset + count > len(self.buffer):
            self.buffer, self.base = self.window.read(self.at, min(max(count, _CHUNK), self.limit - self.at)), self.at
            offset = 0
        self.at += count
        return self.buffer[offset : offset + count]

    def unsigned(self, width: int) -> int:
        return int.from_bytes(self.take(width), "little")

    def line(self) -> bytes:
        start = self.at
        for most in (256, 65_536, MAX_LINE):  # nearly all lines are short; a long one is looked for in steps
            raw = self.window.read(start, min(most, self.limit - start))
            end = raw.find(b"\n")
            if end >= 0:
                self.at += end + 1
                return raw[:end]
        raise Malformed("pickle line operand has no end", at=start)

    def text(self, width: int, encoding: str = "utf-8") -> Any:
        size = self.unsigned(width)
        if size > MAX_TEXT:
            return self.skip(size, "str")
        return self.take(size).decode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")

    def data(self, width: int) -> Any:
        return self.skip(self.unsigned(width), "bytes")

    def skip(self, size: int, what: str) -> Opaque:
        if size > self.limit - self.at:
            raise Truncated(
                "pickle operand runs past its end",
                at=self.at,
                expected=f"{size:,} bytes",
                got=f"{self.limit - self.at:,}",
            )
        self.at += size
        return Opaque(what, size)

    # the stack ----------------------------------------------------------------------------------------

    def pop(self) -> Any:
        if not self.stack or self.stack[-1] is _MARK:
            raise Malformed("pickle takes from an empty stack", at=self.at)
        return self.stack.pop()

    def top(self) -> Any:
        if not self.stack or self.stack[-1] is _MARK:
            raise Malformed("pickle takes from an empty stack", at=self.at)
        return self.stack[-1]

    def marked(self) -> list[Any]:
        for place in range(len(self.stack) - 1, -1, -1):
            if self.stack[place] is _MARK:
                values = self.stack[place + 1 :]
                del self.stack[place:]
                return values
        raise Malformed("pickle looks for a mark that is not there", at=self.at)

    # what it does to the world ------------------------------------------------------------------------

    def imported(self, module: object, name: object, at: int) -> object:
        if not isinstance(module, str) or not isinstance(name, str):
            self.unfollowed[f"the import at byte {at:,} names something that the pickle computes"] = None
            return Opaque("computed import")
        if len(self.imports) >= MAX_IMPORTS and (module, name) not in self.imports:
            raise LimitExceeded(
                "pickle imports more names than assay lists", at=at, expected=f"at most {MAX_IMPORTS:,}", got="more"
            )
        self.imports.setdefault((module, name), [at, False])
        return Global(module, name)

    def called(self, target: object, args: object, at: int) -> Call:
        if isinstance(target, Global):
            self.imports[target.module, target.name][1] = True
        else:
            self.unfollowed[f"the call at byte {at:,} calls something that the pickle computes"] = None
        call = Call(target, args)
        if len(self.calls) < MAX_CALLS and isinstance(target, Global):
            self.calls.append((at, rendered(call)))
        return call

    def build(self, at: int) -> None:
        state, target = self.pop(), self.top()
        if isinstance(target, Global):
            self.unfollowed[f"byte {at:,} sets attributes of the imported {target.module}.{target.name} itself"] = None
        elif isinstance(target, Call):
            target.state = state

    def fill(self, pairs: list[Any], at: int) -> None:
        target = self.top()
        if len(pairs) % 2:
            raise Malformed("pickle sets items from an odd number of values", at=at)
        if isinstance(target, Global):
            self.unfollowed[f"byte {at:,} sets items of the imported {target.module}.{target.name} itself"] = None
        if isinstance(target, dict):
            for key, value in zip(pairs[::2], pairs[1::2], strict=True):
                target[key if isinstance(key, str | int | float | bytes | bool | None) else f"<{rendered(key)}>"] = (
                    value
                )
        elif isinstance(target, Call):  # an OrderedDict, say: its items are kept as state
            target.state = [*(target.state if isinstance(target.state, list) else []), *pairs]

    def extend(self, values: list[Any]) -> None:
        target = self.top()
        if isinstance(target, list):
            target.extend(values)
        elif isinstance(target, Call):
            target.state = [*(target.state if isinstance(target.state, list) else []), *values]


Step = Callable[[Machine, int], None]


def follow(window: Window, artifact: str, member: str, at: int, limit: int) -> Followed:
    """Follow the pickle that begins at byte `at` to its STOP; InputError if it is not one, or has no end."""
    machine = Machine(window, artifact, member, at, limit)
    try:
        stop = _run(machine)
        value = machine.pop()
    except (Malformed, Truncated, LimitExceeded, UnicodeDecodeError, ValueError, struct.error) as broken:
        if not machine.imports:
            raise (
                broken
                if isinstance(broken, Malformed | Truncated | LimitExceeded)
                else Malformed("pickle operand cannot be decoded", at=machine.at)
            ) from broken
        # what was seen before it broke still runs when loaded, so it is kept and the break is told
        machine.unfollowed[
            f"the pickle breaks at byte {machine.at:,} ({broken}); loading runs what stands before it"
        ] = None
        stop, value = machine.at, Opaque("broken")
    rows = tuple(PickleImport(module, name, first, used) for (module, name), (first, used) in machine.imports.items())
    program = PickleProgram(artifact, member, machine.opcodes, rows, tuple(machine.calls), tuple(machine.unfollowed))
    return Followed(value, stop, program)


def _run(machine: Machine) -> int:
    """Follow opcodes until STOP; the offset after it."""
    from assay.formats._pickle_steps import STEPS

    steps: dict[int, Step] = STEPS
    while True:
        at = machine.at
        code = machine.take(1)[0]
        machine.opcodes += 1
        if code == 0x2E:  # STOP
            return machine.at
        step = steps.get(code)
        if step is None:
            raise Malformed("not a pickle opcode", at=at, expected="an opcode of protocols 0 to 5", got=f"0x{code:02x}")
        step(machine, at)
        if machine.opcodes > MAX_OPCODES or len(machine.stack) > MAX_STACK:
            raise LimitExceeded(
                "pickle longer than assay follows", at=at, expected=f"at most {MAX_OPCODES:,} opcodes", got="more"
            )


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
