"""Tar archives (POSIX.1-2017 pax, "ustar Interchange Format"; GNU long names): each member is read as what it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assay.errors import Malformed, Truncated
from assay.facts.structure import Aspect, Contents, Flaw, FlawKind
from assay.formats import Format
from assay.formats.window import Window

BLOCK = 512
MAX_NAME = 65_536
MAX_MEMBERS = 100_000
MAX_FLAWS = 200
_FILE = (b"0", b"\0", b"7")
_LINKS = {b"1": "hard link", b"2": "symbolic link"}
_DEVICES = {b"3": "character device", b"4": "block device", b"6": "pipe"}


@dataclass(frozen=True, slots=True)
class Member:
    """One entry: its name, type flag, where its data lies, and the target if it is a link."""

    name: str
    kind: bytes
    header: int
    start: int
    size: int
    target: str


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield what is wrong with the archive, then what bears on loading in each member."""
    from assay.formats.container.nest import contained, part

    seen: dict[str, str] = {}
    flawed, end, count = 0, 0, 0
    for member in members(window):
        count += 1
        end = member.start + -(-member.size // BLOCK) * BLOCK
        for flaw in _flaws(artifact, member, seen):
            flawed += 1
            if flawed <= MAX_FLAWS:
                yield flaw
        if member.kind in _FILE and not member.name.endswith("/"):
            yield from contained(artifact, member.name, part(window, member.start, member.start + member.size))
    yield Contents(artifact, FORMAT.id, count)
    if any(window.rest(end, min(window.size - end, 64 * 1024))):
        yield Flaw(artifact, FlawKind.HIDDEN, f"bytes other than zero follow the last member, from byte {end:,}", end)


def members(window: Window) -> Iterator[Member]:
    """Each entry, long names applied; Malformed at a header whose checksum does not hold."""
    at, count = 0, 0
    name: str | None = None
    target: str | None = None
    while at + BLOCK <= window.size:
        block = window.read(at, BLOCK)
        if not any(block):
            return
        count += 1
        if count > MAX_MEMBERS:
            raise Malformed(
                "tar archive of more members than assay reads", at=at, expected=f"at most {MAX_MEMBERS:,}", got="more"
            )
        if _number(block[148:156], at) != sum(block[:148]) + 8 * 32 + sum(block[156:]):
            raise Malformed("tar header has another checksum than it states", at=at)
        size, kind = _number(block[124:136], at), block[156:157]
        start = at + BLOCK
        if size > window.size - start:
            raise Truncated(
                "tar member runs past the end", at=start, expected=f"{size:,} bytes", got=f"{window.size - start:,}"
            )
        following = start + -(-size // BLOCK) * BLOCK
        if kind in (b"L", b"K", b"x", b"g"):
            raw = window.read(start, min(size, MAX_NAME))
            long = _text(raw) if kind in (b"L", b"K") else None
            name = long if kind == b"L" else _record(raw, "path") or name if kind == b"x" else name
            target = long if kind == b"K" else _record(raw, "linkpath") or target if kind == b"x" else target
        else:
            prefix = _text(block[345:500]) if block[257:262] == b"ustar" else ""
            own = _text(block[:100])
            yield Member(
                name or (f"{prefix}/{own}" if prefix else own),
                kind,
                at,
                start,
                0 if kind in _LINKS or kind in _DEVICES or kind == b"5" else size,
                target or _text(block[157:257]),
            )
            name = target = None
        at = following


def _flaws(artifact: str, member: Member, seen: dict[str, str]) -> Iterator[Flaw]:
    from assay.formats.container.zip import escapes

    def flaw(kind: FlawKind, said: str) -> Flaw:
        return Flaw(artifact, kind, said, member.header, member.name[:300])

    if escapes(member.name):
        yield flaw(FlawKind.ESCAPE, f"tar member {member.name[:120]!r} is unpacked outside its folder")
    if member.kind in _LINKS:
        yield flaw(
            FlawKind.ESCAPE, f"tar member {member.name[:120]!r} is a {_LINKS[member.kind]} to {member.target[:120]!r}"
        )
    if member.kind in _DEVICES:
        yield flaw(FlawKind.ESCAPE, f"tar member {member.name[:120]!r} is a {_DEVICES[member.kind]}")
    other = seen.setdefault(member.name.casefold().removeprefix("./"), member.name)
    if other is not member.name and member.kind in _FILE:
        yield flaw(
            FlawKind.AMBIGUOUS,
            f"tar members {other[:80]!r} and {member.name[:80]!r} are one file, and the later one wins",
        )


def _number(field: bytes, at: int) -> int:
    """An octal number, or GNU's base 256 where the first bit is set."""
    if field[:1] >= b"\x80":
        return int.from_bytes(field, "big") & (1 << (8 * len(field) - 1)) - 1
    digits = field.strip(b" \0")
    if not digits:
        return 0
    if any(digit not in b"01234567" for digit in digits):
        raise Malformed("tar header holds a number that is not octal", at=at)
    return int(digits, 8)


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "backslashreplace")


def _record(raw: bytes, key: str) -> str | None:
    """The value of a pax record `LENGTH KEY=VALUE\\n`."""
    for line in raw.split(b"\n"):
        _, _, pair = line.partition(b" ")
        name, separator, value = pair.partition(b"=")
        if separator and name == key.encode():
            return value.decode("utf-8", "backslashreplace")
    return None


FORMAT = Format(
    "tar",
    "tar archive",
    read,
    names=("*.tar", "*.nemo"),
    magic=((257, b"ustar"),),
    needs=("assay.formats.container.every",),
    examines=(Aspect.LAYOUT, Aspect.UNPACKING),
    gaps=(),
)
