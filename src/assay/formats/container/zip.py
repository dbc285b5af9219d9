"""Zip archives as an index (PKWARE APPNOTE 6.3.10): central directory checked against local headers, nothing extracted.

Archives are read by more than one program (PyTorch's miniz, Python's zipfile); where the two headers of a member
disagree, those programs see different files. Such a disagreement is a flaw to report, and every member is still read.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace

from assay.errors import LimitExceeded, Malformed, Truncated
from assay.facts.structure import FlawKind
from assay.formats.window import Window
from assay.lazy import dataclass

_END = struct.Struct("<4s4H2LH")  # 4.3.16 end of central directory
_END64_PLACE = struct.Struct("<4sLQL")  # 4.3.15 locator
_END64 = struct.Struct("<4sQ2H2L4Q")  # 4.3.14 zip64 end of central directory
_ENTRY = struct.Struct("<4s6H3L5H2L")  # 4.3.12 central directory header
_LOCAL = struct.Struct("<4s5H3L2H")  # 4.3.7 local file header
STORED, DEFLATED = 0, 8
_DESCRIPTOR = 24  # 4.3.9: at most this many bytes follow the data of a member whose flag bit 3 is set
_ENCRYPTED, _STREAMED = 1, 8
_UNIX_LINK = 0o120000
BOMB_RATIO, BOMB_SIZE = 500, 64 * 1024 * 1024  # deflate reaches 1,032:1, on zeros; weights stay below 50:1
MAX_MEMBERS = 1_000_000
MAX_DIRECTORY = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive: its name, method, sizes in bytes, and where its stored bytes begin."""

    name: str
    method: int
    stored: int
    size: int
    crc: int
    header: int
    start: int
    flags: int = 0
    link: bool = False

    @property
    def stop(self) -> int:
        """The offset after the stored bytes."""
        return self.start + self.stored


@dataclass(frozen=True, slots=True)
class Defect:
    """What is wrong with an archive: the kind, a sentence, the offset, the member's name."""

    kind: FlawKind
    message: str
    at: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Archive:
    """The members in the order of the central directory, where that begins, and what is wrong with the archive."""

    members: tuple[Member, ...]
    directory: int
    defects: tuple[Defect, ...] = ()


def archive(window: Window) -> Archive:
    """Read the index; Malformed where no index can be made out of it."""
    defects: list[Defect] = []
    count, size, start, shift = _end(window, defects)
    if count > MAX_MEMBERS or size > MAX_DIRECTORY:
        raise LimitExceeded(
            "zip directory larger than assay reads",
            at=start,
            expected=f"at most {MAX_MEMBERS:,} members",
            got=f"{count:,}",
        )
    raw = window.read(start, size)
    members, at = [], 0
    for _ in range(count):
        member, at = _member(window, raw, at, start, shift, defects)
        members.append(member)
    if at != size:
        defects.append(
            Defect(FlawKind.HIDDEN, f"the zip directory holds {size - at:,} bytes after its entries", start + at)
        )
    defects += _names(members)
    defects += _layout(members, start)
    return Archive(tuple(members), start, tuple(defects))


def content(window: Window, member: Member, most: int) -> bytes:
    """The bytes of one member, inflated if need be; LimitExceeded if that is more than `most`."""
    if max(member.size, member.stored) > most:
        raise LimitExceeded(
            f"member {member.name!r} larger than assay reads",
            at=member.start,
            expected=f"at most {most:,} bytes",
            got=f"{max(member.size, member.stored):,}",
        )
    raw = window.read(member.start, member.stored)
    if member.method == DEFLATED:
        try:
            inflate = zlib.decompressobj(-zlib.MAX_WBITS)
            raw = inflate.decompress(raw, most + 1)
        except zlib.error as cause:
            raise Malformed(f"member {member.name!r} does not inflate", at=member.start) from cause
        if len(raw) > most:
            raise LimitExceeded(f"member {member.name!r} inflates to more than it states", at=member.start)
    elif member.method != STORED:
        raise Malformed(
            f"member {member.name!r} has an unknown compression",
            at=member.header,
            expected="stored or deflated",
            got=member.method,
        )
    return raw


def honest(raw: bytes, member: Member) -> Defect | None:
    """What is wrong if `raw` has another size or checksum than the directory states: not every program minds."""
    if len(raw) != member.size:
        said = f"zip member {member.name[:80]!r} holds {len(raw):,} bytes where the directory states {member.size:,}"
    elif zlib.crc32(raw) != member.crc:
        wrong = "has another checksum than the directory states: PyTorch reads it, others refuse"
        said = f"zip member {member.name[:80]!r} {wrong}"
    else:
        return None
    return Defect(FlawKind.AMBIGUOUS, said, member.start, member.name)


def _end(window: Window, defects: list[Defect]) -> tuple[int, int, int, int]:
    """(members, directory size, directory offset, bytes in front) from the end record, which a comment may follow."""
    tail_start = max(0, window.size - _END.size - 65_535)
    tail = window.rest(tail_start, _END.size + 65_535)
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < _END.size:
        raise Truncated("zip archive has no end record; it is cut off or no archive", at=window.size)
    at = tail_start + place
    _, disk, first_disk, _, count, size, start, comment = _END.unpack_from(tail, place)
    if (beyond := window.size - at - _END.size - comment) > 0:
        defects.append(
            Defect(FlawKind.HIDDEN, f"{beyond:,} bytes follow the end of the zip archive", window.size - beyond)
        )
    if at >= _END64_PLACE.size and window.read(at - _END64_PLACE.size, 4) == b"PK\x06\x07":
        _, _, at64, _ = window.unpack(_END64_PLACE, at - _END64_PLACE.size)
        mark, _, _, _, disk, first_disk, _, count, size, start = window.unpack(_END64, at64)
        if mark != b"PK\x06\x06":  # type: ignore[comparison-overlap]
            raise Malformed("zip64 end record is not where its locator points", at=at64)
        at = at64
    if disk or first_disk:
        raise Malformed("zip archive spans several disks", at=at)
    shift = at - size - start
    if shift < 0:
        raise Malformed(
            "zip directory runs past its end record", at=at, expected=f"at most {at:,} bytes", got=f"{size + start:,}"
        )
    if shift:
        defects.append(
            Defect(
                FlawKind.HIDDEN,
                f"{shift:,} bytes stand in front of the zip archive or of its directory; "
                "readers differ on what they mean",
                0,
            )
        )
        if window.read(start, 4) == b"PK\x01\x02":  # the offsets hold as written: the gap is before the end record
            return count, size, start, 0
    earlier = tail.rfind(b"PK\x05\x06", 0, place)
    if earlier >= 0 and tail_start + earlier >= start + shift + size:
        defects.append(
            Defect(
                FlawKind.AMBIGUOUS,
                "the zip archive has two end records, and readers differ on which one counts",
                tail_start + earlier,
            )
        )
    return count, size, start + shift, shift


def _member(window: Window, raw: bytes, at: int, start: int, shift: int, defects: list[Defect]) -> tuple[Member, int]:
    if at + _ENTRY.size > len(raw):
        raise Truncated("zip directory is cut off", at=start + at)
    (
        mark,
        _,
        _,
        flags,
        method,
        _,
        _,
        crc,
        stored,
        size,
        name_length,
        extra_length,
        comment_length,
        _,
        _,
        mode,
        header,
    ) = _ENTRY.unpack_from(raw, at)
    stop = at + _ENTRY.size + name_length + extra_length + comment_length
    if mark != b"PK\x01\x02" or stop > len(raw):
        raise Malformed("zip directory entry is damaged", at=start + at)
    name_at = at + _ENTRY.size
    name = raw[name_at : name_at + name_length]
    extra = raw[name_at + name_length : name_at + name_length + extra_length]
    size, stored, header = _zip64(extra, size, stored, header, start + at)
    header += shift
    text = name.decode("utf-8", "backslashreplace")
    local = window.unpack(_LOCAL, header)
    if local[0] != b"PK\x03\x04":  # type: ignore[comparison-overlap]
        raise Malformed("zip member has no local header where the directory says", at=header)
    data = header + _LOCAL.size + local[9] + local[10]
    own = window.read(header + _LOCAL.size, local[9])
    if own != name or local[3] != method or (local[2] ^ flags) & _ENCRYPTED:
        other = f"the other says {own[:80]!r}, method {local[3]}"
        said = f"the two headers of zip member {text[:80]!r} disagree ({other}), so readers see different files"
        defects.append(Defect(FlawKind.AMBIGUOUS, said, header, text))
    member = Member(text, method, stored, size, crc, header, data, flags, (mode >> 16) & 0o170000 == _UNIX_LINK)
    if member.stop > start:
        raise Malformed(
            f"zip member {text[:80]!r} runs into the directory",
            at=header,
            expected=f"an end before byte {start:,}",
            got=f"{member.stop:,}",
        )
    if flags & _ENCRYPTED and local[2] & _ENCRYPTED:
        defects.append(
            Defect(
                FlawKind.AMBIGUOUS,
                f"zip member {text[:80]!r} is marked as encrypted, which model loaders ignore",
                header,
                text,
            )
        )
    if member.size > BOMB_SIZE and member.size > BOMB_RATIO * max(1, stored):
        defects.append(
            Defect(FlawKind.BOMB, f"zip member {text[:80]!r} unpacks from {stored:,} to {size:,} bytes", header, text)
        )
    return member, stop


def _zip64(extra: bytes, size: int, stored: int, header: int, at: int) -> tuple[int, int, int]:
    """Sizes and offset from the zip64 extra field where the 32-bit ones are saturated (APPNOTE 4.5.3)."""
    values = {"size": size, "stored": stored, "header": header}
    wanted = [key for key, value in values.items() if value == 0xFFFFFFFF]
    place = 0
    while wanted and place + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, place)
        if tag == 1:
            if length < 8 * len(wanted) or place + 4 + length > len(extra):
                raise Malformed("zip64 extra field is too short", at=at)
            for number, key in enumerate(wanted):
                (values[key],) = struct.unpack_from("<Q", extra, place + 4 + 8 * number)
            break
        place += 4 + length
    return values["size"], values["stored"], values["header"]


def _names(members: list[Member]) -> Iterator[Defect]:
    """Names that are there twice, on some systems or on all, or that point outside the folder they are unpacked in."""
    seen: dict[str, str] = {}
    for member in members:
        other = seen.setdefault(member.name.casefold(), member.name)
        if other is not member.name:
            said = (
                f"two zip members are called {member.name[:80]!r}"
                if other == member.name
                else f"zip members {other[:80]!r} and {member.name[:80]!r} are one file on some systems"
            )
            yield Defect(
                FlawKind.AMBIGUOUS, f"{said}, and readers differ on which one counts", member.header, member.name
            )
        if escapes(member.name):
            yield Defect(
                FlawKind.ESCAPE,
                f"zip member {member.name[:120]!r} is unpacked outside its folder",
                member.header,
                member.name,
            )
        if member.link:
            yield Defect(
                FlawKind.ESCAPE,
                f"zip member {member.name[:120]!r} is a symbolic link, "
                "through which later members are written elsewhere",
                member.header,
                member.name,
            )


def escapes(name: str) -> bool:
    """Whether a member of this name leaves the folder it is unpacked in, on any system."""
    parts = name.replace("\\", "/").split("/")
    return ".." in parts or name.startswith(("/", "\\")) or (len(parts[0]) > 1 and parts[0][1] == ":") or "\0" in name


def _layout(members: list[Member], directory: int) -> Iterator[Defect]:
    """Members that overlap, and bytes between them that belong to none."""
    end, streamed = 0, False
    ordered = sorted(members, key=lambda entry: entry.header)
    for member in (*ordered, replace(ordered[-1], header=directory, name="") if ordered else None):
        if member is None:
            continue
        gap = member.header - end
        if gap < 0:
            yield Defect(
                FlawKind.AMBIGUOUS,
                f"zip member {member.name[:80]!r} overlaps the one before it",
                member.header,
                member.name,
            )
        elif gap > (_DESCRIPTOR if streamed else 0):
            yield Defect(FlawKind.HIDDEN, f"{gap:,} bytes from byte {end:,} of the archive belong to no member", end)
        end, streamed = max(end, member.stop), bool(member.flags & _STREAMED)
