"""Zip archives as an index (PKWARE APPNOTE 6.3.10): central directory checked against local headers, nothing extracted.

Archives are read by more than one program (PyTorch's miniz, Python's zipfile); where the two headers of a member
disagree, those programs see different files, so a disagreement is an error here and not a preference.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from assay.errors import LimitExceeded, Malformed, Truncated
from assay.formats.window import Window

_END = struct.Struct("<4s4H2LH")  # 4.3.16 end of central directory
_END64_PLACE = struct.Struct("<4sLQL")  # 4.3.15 locator
_END64 = struct.Struct("<4sQ2H2L4Q")  # 4.3.14 zip64 end of central directory
_ENTRY = struct.Struct("<4s6H3L5H2L")  # 4.3.12 central directory header
_LOCAL = struct.Struct("<4s5H3L2H")  # 4.3.7 local file header
STORED, DEFLATED = 0, 8
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

    @property
    def stop(self) -> int:
        """The offset after the stored bytes."""
        return self.start + self.stored


@dataclass(frozen=True, slots=True)
class Archive:
    """The members in the order of the central directory, and where that directory begins."""

    members: tuple[Member, ...]
    directory: int


def archive(window: Window) -> Archive:
    """Read the index; Malformed if headers disagree, members overlap, or a name is ambiguous."""
    count, size, start = _end(window)
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
        member, at = _member(window, raw, at, start)
        members.append(member)
    if at != size:
        raise Malformed(
            "zip directory is longer than its entries", at=start + at, expected=f"{size:,} bytes", got=f"{at:,}"
        )
    _distinct(members, start)
    return Archive(tuple(members), start)


def content(window: Window, member: Member, most: int) -> bytes:
    """The bytes of one member, inflated if need be; LimitExceeded if that is more than `most`."""
    if member.size > most:
        raise LimitExceeded(
            f"member {member.name!r} larger than assay reads",
            at=member.start,
            expected=f"at most {most:,} bytes",
            got=f"{member.size:,}",
        )
    raw = window.read(member.start, member.stored)
    if member.method == DEFLATED:
        try:
            inflate = zlib.decompressobj(-zlib.MAX_WBITS)
            raw = inflate.decompress(raw, most + 1)
        except zlib.error as cause:
            raise Malformed(f"member {member.name!r} does not inflate", at=member.start) from cause
    elif member.method != STORED:
        raise Malformed(
            f"member {member.name!r} has an unknown compression",
            at=member.header,
            expected="stored or deflated",
            got=member.method,
        )
    if len(raw) != member.size or zlib.crc32(raw) != member.crc:
        raise Malformed(
            f"member {member.name!r} has not the size or checksum that the directory states", at=member.start
        )
    return raw


def _end(window: Window) -> tuple[int, int, int]:
    """(members, directory size, directory offset) from the end record, which may be followed by a comment."""
    tail_start = max(0, window.size - _END.size - 65_535)
    tail = window.rest(tail_start, _END.size + 65_535)
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < _END.size:
        raise Truncated("zip archive has no end record; it is cut off or no archive", at=window.size)
    at = tail_start + place
    _, disk, first_disk, _, count, size, start, comment = _END.unpack_from(tail, place)
    if at + _END.size + comment != window.size:
        raise Malformed(
            "bytes follow the end of the zip archive",
            at=at,
            expected=f"an end at byte {at + _END.size + comment:,}",
            got=f"{window.size:,}",
        )
    if at >= _END64_PLACE.size and window.read(at - _END64_PLACE.size, 4) == b"PK\x06\x07":
        _, _, at64, _ = window.unpack(_END64_PLACE, at - _END64_PLACE.size)
        mark, _, _, _, disk, first_disk, _, count, size, start = window.unpack(_END64, at64)
        if mark != b"PK\x06\x06":  # type: ignore[comparison-overlap]
            raise Malformed("zip64 end record is not where its locator points", at=at64)
        at = at64
    if disk or first_disk:
        raise Malformed("zip archive spans several disks", at=at)
    if start + size != at:
        raise Malformed(
            "zip directory does not end where the end record begins",
            at=start,
            expected=f"byte {at:,}",
            got=f"{start + size:,}",
        )
    return count, size, start


def _member(window: Window, raw: bytes, at: int, start: int) -> tuple[Member, int]:
    if at + _ENTRY.size > len(raw):
        raise Truncated("zip directory is cut off", at=start + at)
    mark, _, _, flags, method, _, _, crc, stored, size, name_length, extra_length, comment_length, _, _, _, header = (
        _ENTRY.unpack_from(raw, at)
    )
    stop = at + _ENTRY.size + name_length + extra_length + comment_length
    if mark != b"PK\x01\x02" or stop > len(raw):
        raise Malformed("zip directory entry is damaged", at=start + at)
    name_at = at + _ENTRY.size
    name = raw[name_at : name_at + name_length]
    extra = raw[name_at + name_length : name_at + name_length + extra_length]
    size, stored, header = _zip64(extra, size, stored, header, start + at)
    local = window.unpack(_LOCAL, header)
    if local[0] != b"PK\x03\x04":  # type: ignore[comparison-overlap]
        raise Malformed("zip member has no local header where the directory says", at=header)
    data = header + _LOCAL.size + local[9] + local[10]
    if window.read(header + _LOCAL.size, local[9]) != name or local[3] != method or (local[2] ^ flags) & 1:
        raise Malformed(
            "the two headers of a zip member disagree, so readers see different files",
            at=header,
            expected=repr(name[:80]),
            got=repr(window.read(header + _LOCAL.size, local[9])[:80]),
        )
    if flags & 1:
        raise Malformed("zip member is encrypted", at=header)
    text = name.decode("utf-8", "backslashreplace")
    member = Member(text, method, stored, size, crc, header, data)
    if member.stop > start:
        raise Malformed(
            f"zip member {text[:80]!r} runs into the directory",
            at=header,
            expected=f"an end before byte {start:,}",
            got=f"{member.stop:,}",
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


def _distinct(members: list[Member], directory: int) -> None:
    names: set[str] = set()
    for member in members:
        folded = member.name.casefold()
        if folded in names:
            raise Malformed(
                f"two zip members are called {member.name[:80]!r}, and readers differ on which one counts",
                at=member.header,
            )
        names.add(folded)
    end = 0
    for member in sorted(members, key=lambda entry: entry.header):
        if member.header < end:
            raise Malformed(
                f"zip member {member.name[:80]!r} overlaps the one before it",
                at=member.header,
                expected=f"a start from byte {end:,}",
                got=f"{member.header:,}",
            )
        end = member.stop
    first = min((member.header for member in members), default=directory)
    if first:
        raise Malformed(
            "bytes precede the zip archive",
            at=0,
            expected="an archive that begins at byte 0",
            got=f"the first member at byte {first:,}",
        )
