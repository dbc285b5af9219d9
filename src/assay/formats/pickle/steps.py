"""What each pickle opcode does, on symbols (CPython Lib/pickletools.py lists them; the order here is its)."""

from __future__ import annotations

import struct
from typing import Any

from assay.errors import Malformed
from assay.formats.pickle.machine import MARK, Machine, Step
from assay.formats.pickle.values import Global, Opaque, Persistent, unquoted


def _pushes(value: Any) -> Step:
    def step(m: Machine, at: int) -> None:
        m.stack.append(value)

    return step


def _int_line(m: Machine, at: int) -> None:
    raw = m.line()
    m.stack.append({b"00": False, b"01": True}.get(raw) if raw in (b"00", b"01") else int(raw[:400]))


def _long_line(m: Machine, at: int) -> None:
    m.stack.append(int(m.line()[:400].removesuffix(b"L")))


def _long(width: int) -> Step:
    def step(m: Machine, at: int) -> None:
        size = m.unsigned(width)
        m.stack.append(int.from_bytes(m.take(size), "little", signed=True) if size <= 256 else m.skip(size, "int"))

    return step


def _memoise(m: Machine, key: int) -> None:
    m.memo[key] = m.top()


def _recall(m: Machine, key: int, at: int) -> None:
    if key not in m.memo:
        raise Malformed("pickle recalls what it never stored", at=at, expected="a stored memo", got=key)
    value = m.memo[key]
    if value.__class__ is Global:
        m.pushed(value)
    m.stack.append(value)


def _dup(m: Machine, at: int) -> None:
    value = m.top()
    m.pushed(value)
    m.stack.append(value)


def _inst(m: Machine, at: int) -> None:
    module, name = m.line().decode(), m.line().decode()
    args = m.marked()
    m.stack.append(m.called(m.imported(module, name, at), tuple(args), at))  # a function is called, even with nothing


def _obj(m: Machine, at: int) -> None:
    values = m.marked()
    if not values:
        raise Malformed("pickle builds an object without a class", at=at)
    m.stack.append(m.called(values[0], tuple(values[1:]), at))


def _reduce(m: Machine, at: int) -> None:
    args, target = m.pop(), m.pop()
    m.stack.append(m.called(target, args, at))


def _newobj(m: Machine, at: int) -> None:
    args, target = m.pop(), m.pop()
    m.stack.append(m.called(target, args, at, made=True))


def _newobj_ex(m: Machine, at: int) -> None:
    kwargs, args, target = m.pop(), m.pop(), m.pop()
    positional = args if isinstance(args, tuple) else (args,)
    args = (*positional, kwargs) if kwargs else positional
    m.stack.append(m.called(target, args, at, made=True))


def _global(m: Machine, at: int) -> None:
    module, name = m.line().decode(), m.line().decode()
    m.stack.append(m.imported(module, name, at))


def _stack_global(m: Machine, at: int) -> None:
    name, module = m.pop(), m.pop()
    m.stack.append(m.imported(module, name, at))


def _persistent(m: Machine, at: int, pid: Any) -> None:
    if m.loader == "pickle":
        m.unfollowed[f"byte {at:,} asks the loader for an object by id, which pickle.load does not answer"] = None
    if isinstance(pid, tuple) and len(pid) > 1 and pid[0] == "module" and m.loader == "torch":
        m.stack.append(pid[1])  # how PyTorch before 1.6 wraps a class to keep its source beside it
        return
    m.persistent.append(pid)
    m.stack.append(Persistent(pid))


def _extension(width: int) -> Step:
    def step(m: Machine, at: int) -> None:
        code = m.unsigned(width)
        m.unfollowed[f"byte {at:,} takes code {code} from the extension registry, which is not in the file"] = None
        m.stack.append(Opaque("extension"))

    return step


def _buffer(m: Machine, at: int) -> None:
    m.unfollowed[f"byte {at:,} takes an out-of-band buffer, which is not in the file"] = None
    m.stack.append(Opaque("buffer"))


def _tuple(count: int) -> Step:
    def step(m: Machine, at: int) -> None:
        m.stack.append(tuple(reversed([m.pop() for _ in range(count)])))

    return step


def _dict(m: Machine, at: int) -> None:
    pairs = m.marked()
    m.stack.append({})
    m.fill(pairs, at)


def _append(m: Machine, at: int) -> None:
    value = m.pop()
    m.extend([value], at)


def _setitem(m: Machine, at: int) -> None:
    value, key = m.pop(), m.pop()
    m.fill([key, value], at)


def _frame(m: Machine, at: int) -> None:
    size = m.unsigned(8)
    if size > m.limit - m.at:
        raise Malformed(
            "pickle frame is longer than what is left", at=at, expected=f"at most {m.limit - m.at:,}", got=f"{size:,}"
        )


def _pop(m: Machine, at: int) -> None:
    if not m.stack:
        raise Malformed("pickle takes from an empty stack", at=at)
    m.stack.pop()


def _pop_mark(m: Machine, at: int) -> None:
    m.marked()


def _protocol(m: Machine, at: int) -> None:
    m.take(1)


STEPS: dict[int, Step] = {
    ord("("): _pushes(MARK),
    ord("0"): _pop,
    ord("1"): _pop_mark,
    ord("2"): _dup,
    ord("F"): lambda m, at: m.stack.append(float(m.line())),
    ord("I"): _int_line,
    ord("J"): lambda m, at: m.stack.append(int.from_bytes(m.take(4), "little", signed=True)),
    ord("K"): lambda m, at: m.stack.append(m.take(1)[0]),
    ord("L"): _long_line,
    ord("M"): lambda m, at: m.stack.append(m.unsigned(2)),
    ord("N"): _pushes(None),
    ord("P"): lambda m, at: _persistent(m, at, m.line().decode("ascii", "backslashreplace")),
    ord("Q"): lambda m, at: _persistent(m, at, m.pop()),
    ord("R"): _reduce,
    ord("S"): lambda m, at: m.stack.append(m.read_text(unquoted(m.line()), at + 1)),
    ord("T"): lambda m, at: m.stack.append(m.text(4, "latin-1")),
    ord("U"): lambda m, at: m.stack.append(m.text(1, "latin-1")),
    ord("V"): lambda m, at: m.stack.append(m.read_text(m.line().decode("raw-unicode-escape"), at + 1)),
    ord("X"): lambda m, at: m.stack.append(m.text(4)),
    ord("a"): _append,
    ord("b"): lambda m, at: m.build(at),
    ord("c"): _global,
    ord("d"): _dict,
    ord("}"): lambda m, at: m.stack.append({}),
    ord("e"): lambda m, at: m.extend(m.marked(), at),
    ord("g"): lambda m, at: _recall(m, int(m.line()[:20]), at),
    ord("h"): lambda m, at: _recall(m, m.take(1)[0], at),
    ord("i"): _inst,
    ord("j"): lambda m, at: _recall(m, m.unsigned(4), at),
    ord("l"): lambda m, at: m.stack.append(m.marked()),
    ord("]"): lambda m, at: m.stack.append([]),
    ord("o"): _obj,
    ord("p"): lambda m, at: _memoise(m, int(m.line()[:20])),
    ord("q"): lambda m, at: _memoise(m, m.take(1)[0]),
    ord("r"): lambda m, at: _memoise(m, m.unsigned(4)),
    ord("s"): _setitem,
    ord("t"): lambda m, at: m.stack.append(tuple(m.marked())),
    ord(")"): _pushes(()),
    ord("u"): lambda m, at: m.fill(m.marked(), at),
    ord("G"): lambda m, at: m.stack.append(struct.unpack(">d", m.take(8))[0]),
    0x80: _protocol,
    0x81: _newobj,
    0x82: _extension(1),
    0x83: _extension(2),
    0x84: _extension(4),
    0x85: _tuple(1),
    0x86: _tuple(2),
    0x87: _tuple(3),
    0x88: _pushes(True),
    0x89: _pushes(False),
    0x8A: _long(1),
    0x8B: _long(4),
    ord("B"): lambda m, at: m.stack.append(m.data(4)),
    ord("C"): lambda m, at: m.stack.append(m.data(1)),
    0x8C: lambda m, at: m.stack.append(m.text(1)),
    0x8D: lambda m, at: m.stack.append(m.text(8)),
    0x8E: lambda m, at: m.stack.append(m.data(8)),
    0x8F: lambda m, at: m.stack.append([]),
    0x90: lambda m, at: m.extend(m.marked(), at),
    0x91: lambda m, at: m.stack.append(tuple(m.marked())),
    0x92: _newobj_ex,
    0x93: _stack_global,
    0x94: lambda m, at: _memoise(m, len(m.memo)),
    0x95: _frame,
    0x96: lambda m, at: m.stack.append(m.data(8)),
    0x97: _buffer,
    0x98: lambda m, at: None,
}
