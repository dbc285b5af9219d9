"""The machine that a pickle is a program for: operands, stack and memo, and notes on what would be imported and called.

What the unpickler would do (CPython Lib/pickle.py) is done on stand-ins: a global stays a name, a call stays a call.
What each opcode does and what to look at in calls are tables that the machine is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any

from assay.errors import LimitExceeded, Malformed, Truncated
from assay.formats.pickle.acts import Acts
from assay.formats.pickle.embedded import MAX_BYTES, MAX_KEPT, begins, decoded, is_pickle
from assay.formats.pickle.values import Call, Global, Opaque, Persistent, rendered, state_keys, weight
from assay.formats.window import Window
from assay.lazy import dataclass, regex

MAX_OPCODES = 20_000_000
MAX_STACK = 5_000_000
MAX_LINE = 16 * 1024 * 1024
MAX_TEXT = 1_000_000  # characters of a string operand that are kept; the rest is skipped
MAX_CALLS = 1_000
MAX_CALLS_EACH = 3  # of one name; a checkpoint rebuilds thousands of tensors by the same one
MAX_NOTES = 100
MAX_WEIGHT = 10_000_000  # values that hashing one dictionary key may walk through
MAX_IMPORTS = 10_000
_CHUNK = 65_536
_CLASS = regex(r"_*[A-Z]\w*\Z")
_JOBLIB = regex(r"(?:sklearn\.externals\.)?joblib\.numpy_pickle")


_LONGER = "it holds a text that may be a pickle itself and is longer than assay follows"
_FIRST = ("\x80", "c", "(", "g", "Y", "K")  # how a text begins that may stand for a pickle
_VALUES = frozenset({"bytes", "str", "int", "array"})
# names whose value is a tensor, an array, a storage or one number: nothing adds to it or sets its items
_REBUILDS = ("torch._utils", "torch._tensor", "torch.storage", "numpy.core.multiarray", "numpy._core.multiarray")


def _rebuilt(name: Global, does: str) -> bool:
    """Whether a name makes a tensor or an array; a state is ordinary for arrays, and for what is no plain tensor."""
    if does == "gives a state to":
        return name.module == "torch._utils" and name.name.startswith("_rebuild_tensor")
    return name.module in _REBUILDS


class _Mark:
    __slots__ = ()


MARK = _Mark()


@dataclass(frozen=True, slots=True)
class Tables:
    """What a machine goes by: what each opcode does, and what to look at where a name is called.

    `rule` gives what looks at the arguments of a call, for the names where these decide; the rules of the names in
    `direct` hold only for direct calls; `state` gives what looks at the state that an instance of a name is handed;
    `interleaved` steps over what joblib writes after its array wrapper.
    """

    steps: Mapping[int, Step]
    rule: Callable[[Global], Rule | None]
    state: Callable[[Global], Rule | None]
    direct: frozenset[tuple[str, str]]
    interleaved: Callable[[Machine, Call, int], None]


@dataclass(slots=True)
class Machine:
    """The state of one run over a pickle that begins at `at` and must not read beyond `limit`."""

    window: Window
    artifact: str
    member: str
    at: int
    limit: int
    tables: Tables
    loader: str = "pickle"
    stack: list[Any] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)
    imports: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    calls: list[tuple[int, str]] = field(default_factory=list)
    tampers: dict[str, int] = field(default_factory=dict)
    costs: dict[str, int] = field(default_factory=dict)
    nested: list[Opaque] = field(default_factory=list)
    embedded: list[tuple[str, int, bytes | Opaque]] = field(default_factory=list)
    embedded_bytes: int = 0
    persistent: list[object] = field(default_factory=list)
    unfollowed: dict[str, None] = field(default_factory=dict)
    loose: dict[Global, int] = field(default_factory=dict)
    recent: tuple[tuple[str, int, int], ...] = (("", 0, 0),)  # the last two texts, where they stand and how long
    acts: Acts = field(default_factory=Acts)
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
        at = self.at
        if size > MAX_TEXT:
            if begins(self.window.rest(at, _CHUNK)):
                self.unfollowed[_LONGER] = None
            return self.skip(size, "str")
        found = self.take(size).decode(encoding, "surrogatepass" if encoding == "utf-8" else "strict")
        self.recent = (self.recent[-1], (found, at, size))
        return self.read_text(found, at)

    def read_text(self, value: str, at: int) -> str:
        """A text operand from byte `at`, noted if it may stand for a pickle."""
        if value[:1] in _FIRST and (raw := decoded(value)) is not None:
            self.embeds("text", at, raw, len(raw))
        return value

    def data(self, width: int) -> Any:
        size = self.unsigned(width)
        at = self.at
        found = self.skip(size, "bytes")
        head = self.window.rest(at, min(size, 512))
        if head and is_pickle(head, size):
            self.embeds("bytes", at, found, size)
        elif head[:1] in (b"g", b"Y", b"K") and begins(head):  # as b64encode gives it
            if size > MAX_TEXT:
                self.unfollowed[_LONGER] = None
            else:
                self.read_text(self.window.rest(at, size).decode("latin-1"), at)
        return found

    def embeds(self, what: str, at: int, content: bytes | Opaque, size: int) -> None:
        """Note an operand that may be a pickle itself, for it to be followed when this one has been."""
        if len(self.embedded) < MAX_KEPT and self.embedded_bytes + size <= MAX_BYTES:
            self.embedded.append((what, at, content))
            self.embedded_bytes += size
        else:
            self.unfollowed["it holds more operands that may be pickles themselves than assay follows"] = None

    def skip(self, size: int, what: str) -> Opaque:
        if size > self.limit - self.at:
            raise Truncated(
                "pickle operand runs past its end",
                at=self.at,
                expected=f"{size:,} bytes",
                got=f"{self.limit - self.at:,}",
            )
        found = Opaque(what, size, self.at)
        self.at += size
        return found

    # the stack ----------------------------------------------------------------------------------------

    def pop(self) -> Any:
        if not self.stack or self.stack[-1] is MARK:
            raise Malformed("pickle takes from an empty stack", at=self.at)
        return self.stack.pop()

    def top(self) -> Any:
        if not self.stack or self.stack[-1] is MARK:
            raise Malformed("pickle takes from an empty stack", at=self.at)
        return self.stack[-1]

    def marked(self) -> list[Any]:
        for place in range(len(self.stack) - 1, -1, -1):
            if self.stack[place] is MARK:
                values = self.stack[place + 1 :]
                del self.stack[place:]
                return values
        raise Malformed("pickle looks for a mark that is not there", at=self.at)

    # what it does to the world ------------------------------------------------------------------------

    def tampered(self, sentence: str, at: int) -> None:
        if len(self.tampers) < MAX_NOTES:
            self.tampers.setdefault(sentence, at)

    def costly(self, sentence: str, at: int) -> None:
        if len(self.costs) < MAX_NOTES:
            self.costs.setdefault(sentence, at)

    def imported(self, module: object, name: object, at: int) -> object:
        if not isinstance(module, str) or not isinstance(name, str):
            self.tampered(f"imports a name that it computes: {rendered(module)}, {rendered(name)}", at)
            return Opaque("computed import")
        if len(self.imports) >= MAX_IMPORTS and (module, name) not in self.imports:
            raise LimitExceeded(
                "pickle imports more names than assay lists", at=at, expected=f"at most {MAX_IMPORTS:,}", got="more"
            )
        self.imports.setdefault((module, name), [at, 0, 0])
        found = Global(module, name)
        self.pushed(found)
        return found

    def pushed(self, value: object) -> None:
        """Count how often a name that must be called directly is put on the stack; each call takes one away."""
        if isinstance(value, Global) and (value.module, value.name) in self.tables.direct:
            self.loose[value] = self.loose.get(value, 0) + 1

    def used(self, target: object, level: int) -> None:
        """Note that the function being called uses `target`: 1 makes an instance, 2 calls it."""
        if isinstance(target, Global):
            row = self.imports[target.module, target.name]
            row[1] = max(row[1], level)

    def called(self, target: object, args: object, at: int, *, made: bool = False) -> object:
        """The value of a call; `made` where only `__new__` runs, as NEWOBJ without arguments does."""
        self.acts.note(self.window, "make" if made else "call", target, args)
        if not isinstance(target, Global):
            self.tampered(f"calls something that is no imported name: {rendered(target)}", at)
            return Call(target, args)
        if target in self.loose:
            self.loose[target] -= 1
        # without arguments a class gets nothing of the file's choosing, whether or not its constructor runs
        made = args in ((), None) and (made or _CLASS.match(target.name.rpartition(".")[2]) is not None)
        row = self.imports[target.module, target.name]
        row[1] = max(row[1], 1 if made else 2)
        row[2] += 1
        call = Call(target, args)
        self.acts.noted(call)
        if row[2] <= MAX_CALLS_EACH and len(self.calls) < MAX_CALLS:
            self.calls.append((at, rendered(call)))
        rule = self.tables.rule(target)
        return call if rule is None else rule(self, call, at)

    def build(self, at: int) -> None:
        state, target = self.pop(), self.top()
        self.acts.note(self.window, "state", target, state)
        if isinstance(target, Global):
            self.tampered(f"sets attributes of the imported {target.module}.{target.name} itself", at)
        elif isinstance(target, Call):
            for key in state_keys(state):
                self.tampered(f"gives an object its own {key!r}, which later steps would call", at)
            self.refused(target, "gives a state to", at)
            target.state = state
            if isinstance(target.target, Global):
                if rule := self.tables.state(target.target):
                    rule(self, target, at)
                if _JOBLIB.match(target.target.module):
                    self.tables.interleaved(self, target, at)
        else:
            self.refused(target, "gives a state to", at)

    def refused(self, target: object, does: str, at: int) -> None:
        """Note a step on a value that takes none of its kind: a rebuilt tensor, a text, a tuple.

        PyTorch before 2.10 wrote to the memory of a tensor so, under weights_only as well (CVE-2026-24747).
        """
        plain = isinstance(target, str | bytes | int | float | tuple | list | dict | Persistent | None)
        if plain or (isinstance(target, Opaque) and target.what in _VALUES):
            self.tampered(f"{does} {rendered(target)[:80]}, which takes none", at)
        elif isinstance(target, Call) and isinstance(target.target, Global) and _rebuilt(target.target, does):
            name = f"{target.target.module}.{target.target.name}"
            self.tampered(f"{does} what {name} rebuilt, which no writer of values does", at)

    def fill(self, pairs: list[Any], at: int) -> None:
        target = self.top()
        if len(pairs) % 2:
            raise Malformed("pickle sets items from an odd number of values", at=at)
        if not isinstance(target, dict):
            self.acts.note(self.window, "items", target, pairs)
        if isinstance(target, Global):
            self.tampered(f"sets items of the imported {target.module}.{target.name} itself", at)
        if isinstance(target, dict):
            for key, value in zip(pairs[::2], pairs[1::2], strict=True):
                if isinstance(key, tuple):
                    self.weighed(key, at)
                target[key if isinstance(key, str | int | float | bytes | bool | None) else f"<{rendered(key)}>"] = (
                    value
                )
        elif not isinstance(target, Global | Call):
            self.refused(target, "sets items of", at)
        elif isinstance(target, Call):  # an OrderedDict, say
            self.refused(target, "sets items of", at)
            target.pairs.extend(zip(pairs[::2], pairs[1::2], strict=True))

    def extend(self, values: list[Any], at: int) -> None:
        target = self.top()
        if isinstance(target, list):
            target.extend(values)
            return
        self.acts.note(self.window, "entries", target, values)
        if isinstance(target, Global):
            self.tampered(f"adds to the imported {target.module}.{target.name} itself", at)
        elif isinstance(target, Call):
            self.refused(target, "adds to", at)
            target.entries.extend(values)
        else:
            self.refused(target, "adds to", at)

    def weighed(self, key: tuple[Any, ...], at: int) -> None:
        """Note a tuple whose hash walks through far more values than the file holds: tuples that hold tuples twice."""
        if weight(key) > MAX_WEIGHT:
            self.costly(f"hashes a nest of tuples that stands for more than {MAX_WEIGHT:,} values", at)


Step = Callable[[Machine, int], None]
Rule = Callable[[Machine, Call, int], object]


def run(machine: Machine) -> int:
    """Follow opcodes until STOP; the offset after it."""
    steps = machine.tables.steps
    while True:
        at = machine.at
        offset = at - machine.base
        if 0 <= offset < len(machine.buffer):  # as `take` does, without a call for each opcode
            code = machine.buffer[offset]
            machine.at = at + 1
        else:
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
