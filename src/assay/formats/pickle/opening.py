"""Whether bytes are the beginning of a pickle, whatever the file is called: opcodes walked without a machine.

A pickle needs no magic: protocols 0 and 1 begin with any opcode, and protocol 0 is printable text. What tells one from
other content is that every byte is an opcode or an operand of one, and that none takes from an empty stack
(CPython Lib/pickletools.py lists operands and stack effects).
"""

from __future__ import annotations

from enum import Enum

from assay.formats.window import Window

_STEPS = (512, 64 * 1024, 1024 * 1024)  # bytes looked at where fewer leave it open
_ENOUGH = 256  # bytes after which a walk without a single fault is no accident


class Opening(Enum):
    """What a walk over the first bytes says."""

    PICKLE = "a pickle"
    OTHER = "no pickle"
    UNDECIDED = "the bytes end before it is decided"


_FIXED = {
    **dict.fromkeys(b"J\x84jr", 4),
    **dict.fromkeys(b"K\x80\x82hq", 1),
    **dict.fromkeys(b"M\x83", 2),
    **dict.fromkeys(b"G\x95", 8),
}
_COUNTED = {**dict.fromkeys(b"UC\x8c\x8a", 1), **dict.fromkeys(b"TXB\x8b", 4), **dict.fromkeys(b"\x8d\x8e\x96", 8)}
_LINES = {**dict.fromkeys(b"ILFSVPpg", 1), **dict.fromkeys(b"ci", 2)}
# opcode -> (values that must stand above the last mark, change in their number)
_STACK = {
    **dict.fromkeys(b"IJKLMNGFSTUVXBCPghj])}c\x82\x83\x84\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x96\x97", (0, 1)),
    **dict.fromkeys(b"pqrQ\x85\x94\x98", (1, 0)),
    b"2"[0]: (1, 1),
    **dict.fromkeys(b"abR\x81\x86\x93", (2, -1)),
    **dict.fromkeys(b"s\x87\x92", (3, -2)),
    **dict.fromkeys(b"\x80\x95", (0, 0)),
}
_TO_MARK = dict.fromkeys(b"tdlio\x91", 1) | dict.fromkeys(b"eu\x90", 0)  # opcode -> values it leaves
_IMPORTS, _CALLS = frozenset(b"ci\x93"), frozenset(b"Rio\x81\x92")
_KEEPS = frozenset(b"pqr\x94u")  # what writers use and prose does not get to: the memo, the items of a dict


def opening(head: bytes, size: int | None = None) -> Opening:
    """What a file of `size` bytes (None: not known) that begins with `head` is."""
    versioned = head[:1] == b"\x80" and head[1:2] <= b"\x05"
    at, count, imported, kept = 0, 0, False, False
    levels = [0]
    while at < len(head):
        code = head[at]
        if code == 0x2E:  # STOP
            told = versioned or imported or kept or (size == at + 1 and count > 2)
            return Opening.PICKLE if levels[-1] and told else Opening.OTHER
        after = _after(head, at + 1, code, versioned)
        if after is None or (size is not None and after > size) or not _stepped(levels, code):
            return Opening.PICKLE if versioned and imported else Opening.OTHER
        if after > len(head):
            break
        imported, kept = imported or code in _IMPORTS, kept or code in _KEEPS
        if imported and code in _CALLS:  # unpickling does this, whatever stands behind it
            return Opening.PICKLE
        at, count = after, count + 1
    if (versioned and count) or (kept and at > _ENOUGH):
        return Opening.PICKLE
    return Opening.OTHER if not head or size == len(head) else Opening.UNDECIDED


def opens(head: bytes) -> bool:
    """Whether the first bytes of a file say that it is a pickle."""
    return bool(head) and head[0] in _FIRST and opening(head) is Opening.PICKLE


def may_open(window: Window) -> bool:
    """Whether the file may be a pickle; looks further than the first bytes only where these leave it open."""
    head = window.rest(0, _STEPS[0])
    if not head or head[0] not in _FIRST:
        return False
    found = Opening.UNDECIDED
    for most in _STEPS:
        if found is Opening.UNDECIDED:
            found = opening(window.rest(0, most), window.size)
    return found is not Opening.OTHER


def _stepped(levels: list[int], code: int) -> bool:
    """Do to the numbers of values above each mark what an opcode does; whether it can."""
    if code == 0x28:  # MARK
        levels.append(0)
        return True
    if code in _TO_MARK or code == 0x31:  # or POP_MARK
        if len(levels) < 2 or (code == 0x6F and not levels[-1]):
            return False
        levels.pop()
        left = _TO_MARK.get(code, 0)
        levels[-1] += left
        return bool(left or code == 0x31 or levels[-1])
    if code == 0x30:  # POP takes a mark as well
        if levels[-1]:
            levels[-1] -= 1
            return True
        return len(levels) > 1 and levels.pop() == 0
    needed, change = _STACK.get(code, (1 << 30, 0))
    if levels[-1] < needed:
        return False
    levels[-1] += change
    return True


def _after(head: bytes, at: int, code: int, versioned: bool) -> int | None:
    """Where the operand ends that begins at `at`, beyond the end if it is cut off; None if it cannot be one."""
    if code in _FIXED:
        return at + _FIXED[code]
    if code in _COUNTED:
        start = at + _COUNTED[code]
        return start + int.from_bytes(head[at:start], "little") if start <= len(head) else start
    for _ in range(_LINES.get(code, 0)):
        end = head.find(b"\n", at)
        if end < 0:
            return len(head) + 1
        if not versioned and not _sound(code, head[at:end]):
            return None
        at = end + 1
    return at


def _sound(code: int, raw: bytes) -> bool:
    """Whether a line can be the operand of a protocol 0 opcode."""
    try:
        if code in b"ILFpg":
            text = raw.removesuffix(b"L")[:400] if code == 0x4C else raw[:400]
            float(text) if code == 0x46 else int(text)
        elif code == 0x53:
            return len(raw) > 1 and raw[:1] in (b"'", b'"') and raw[:1] == raw.rstrip(b"\r")[-1:]
        elif code == 0x50:
            return raw.isascii() and raw.decode().isprintable()
        elif code in b"ci":
            return all(part.isidentifier() for part in raw.rstrip(b"\r").decode().split("."))
    except ValueError:
        return False
    return True


_FIRST = frozenset(b"(\x80") | frozenset(code for code, (needed, _) in _STACK.items() if not needed)
