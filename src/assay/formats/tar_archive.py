"""Tar archives (POSIX.1-2017 pax, "ustar Interchange Format"; GNU long names): each member is read as what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from assay.errors import LimitExceeded, Malformed, Truncated
from assay.facts.artifact import Obstacle, Trouble, inside
from assay.facts.structure import Aspect, Contents, Flaw, FlawKind
from assay.formats import Format
from assay.formats.window import Window
from assay.lazy import dataclass

BLOCK = 512
MAX_NAME = 65_536
MAX_MEMBERS = 100_000
MAX_FLAWS = 200  # of each kind
_HEADERS = frozenset({b"L", b"K", b"x", b"X", b"g"})  # about the next member; X is what Solaris calls x
_FOLDER, _SPARSE = b"5", b"S"
_LINKS = {b"1": "hard link", b"2": "symbolic link"}
_DEVICES = {b"3": "character device", b"4": "block device", b"6": "pipe"}
_SPARSE_KEYS = "GNU.sparse."
_BARE = frozenset({_FOLDER, *_LINKS, *_DEVICES})  # without data; what is of no known kind is unpacked as a file


@dataclass(frozen=True, slots=True)
class Member:
    """One entry: its name, type flag, where its data lies, the target if it is a link, and the size that is stated.

    What is no file has no data (POSIX, "ustar Interchange Format", typeflag), whatever size is stated.
    """

    name: str
    kind: bytes
    header: int
    start: int
    size: int
    target: str
    stated: int
    sparse: bool

    @property
    def is_file(self) -> bool:
        """Whether unpacking makes a file of it: of whatever is no folder, link or device."""
        return self.kind not in _BARE


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield what is wrong with the archive, then what bears on loading in each member."""
    from assay.formats.container.nest import contained, part, pieces

    seen: dict[str, str] = {}
    kinds: Counter[FlawKind] = Counter()
    end = count = 0
    for member in members(window):
        count += 1
        end = member.start + -(-member.size // BLOCK) * BLOCK
        for flaw in _flaws(artifact, member, seen):
            kinds[flaw.kind] += 1
            if kinds[flaw.kind] <= MAX_FLAWS:
                yield flaw
        if member.sparse:
            said = "it is written without its holes, and assay does not put such files together"
            yield Obstacle(inside(artifact, member.name[:300]), Trouble.LIMIT, said, member.start)
        elif member.is_file:
            content = part(window, member.start, member.start + member.size)
            yield from contained(artifact, member.name.rstrip("/"), content)
    yield Contents(artifact, FORMAT.id, count)
    if any(raw.strip(b"\0") for raw in pieces(window, end, window.size)):
        yield Flaw(artifact, FlawKind.HIDDEN, f"bytes other than zero follow the last member, from byte {end:,}", end)


def members(window: Window) -> Iterator[Member]:
    """Each entry, long names applied; Malformed at a header whose checksum does not hold."""
    at, count = 0, 0
    more: dict[str, str] = {}  # what stands in front of a header about the next member
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
        extends, own = kind in _HEADERS, _text(block[:100])
        if not extends and "size" in more:
            size = int(more["size"])
        if kind == b"\0" and own.endswith("/"):
            kind = _FOLDER  # of Unix 7, which knew no other way to say so
        start, bare = _data(window, at, kind, block), kind in _BARE
        if size > window.size - start and not bare:
            raise Truncated(
                "tar member runs past the end", at=start, expected=f"{size:,} bytes", got=f"{window.size - start:,}"
            )
        following = start if bare else start + -(-size // BLOCK) * BLOCK
        if extends:
            said = _extended(window, kind, start, size)
            if twice := [key for key in said if key in more]:
                raise Malformed(f"tar headers give one member two of {twice[0]}, and readers differ on that", at=at)
            more |= said
        else:
            prefix = _text(block[345:500]) if block[257:262] == b"ustar" and kind != _SPARSE else ""
            yield Member(
                more.get("path") or (f"{prefix}/{own}" if prefix else own),
                kind,
                at,
                start,
                0 if bare else size,
                more.get("linkpath") or _text(block[157:257]),
                size,
                kind == _SPARSE or any(key.startswith(_SPARSE_KEYS) for key in more),
            )
            more = {}
        at = following


def _data(window: Window, at: int, kind: bytes, block: bytes) -> int:
    """Where the data of a member begins: behind its header `block` at `at`, and behind GNU's blocks about its holes."""
    start = at + BLOCK
    more = kind == _SPARSE and block[482]  # GNU tar, src/tar.h: isextended of oldgnu_header, then of sparse_header
    while more:
        more = window.read(start, BLOCK)[504]
        start += BLOCK
    return start


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
    if member.stated != member.size:
        said = f"tar member {member.name[:120]!r} is no file and states {member.stated:,} bytes"
        yield flaw(FlawKind.AMBIGUOUS, f"{said}, which some readers skip and others read as members")
    other = seen.setdefault(member.name.casefold().removeprefix("./").rstrip("/"), member.name)
    if other is not member.name and member.is_file:
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


def _extended(window: Window, kind: bytes, at: int, size: int) -> dict[str, str]:
    """What a header of GNU's or pax's says of the next member: path, link and size, and whether holes are left out."""
    if size > MAX_NAME:
        most = f"at most {MAX_NAME:,} bytes"
        raise LimitExceeded("tar header longer than assay reads", at=at, expected=most, got=f"{size:,}")
    raw = window.read(at, size)
    if kind in (b"L", b"K"):
        return {"path" if kind == b"L" else "linkpath": _text(raw)}
    keys = ("path", "linkpath", "size")
    found = {key: value for key, value in _records(raw, at) if key in keys or key.startswith(_SPARSE_KEYS)}
    if kind == b"g" and found:
        raise Malformed(f"tar header gives all members one {min(found)}, and readers differ on what that means", at=at)
    if not (digits := found.get("size", "0")).isascii() or not digits.isdigit() or len(digits) > 18:
        raise Malformed("pax record with a size that is no number", at=at, got=digits[:40], expected="digits")
    return found


def _records(raw: bytes, at: int) -> Iterator[tuple[str, str]]:
    """Key and value of each pax record `LENGTH KEY=VALUE\\n`, the length counting all of it; a value may hold lines."""
    place = 0
    while place < len(raw) and raw[place]:  # some writers pad with zeros
        digits, _, _ = raw[place : place + 8].partition(b" ")
        length = int(digits) if digits.isdigit() else 0
        key, equals, value = raw[place + len(digits) + 1 : place + length].partition(b"=")
        if place + length > len(raw) or not equals or not value.endswith(b"\n"):
            raise Malformed("pax record that does not end where its length says", at=at + place)
        yield key.decode("utf-8", "backslashreplace"), value[:-1].decode("utf-8", "backslashreplace")
        place += length


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
