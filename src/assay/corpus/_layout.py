"""The file of one shard: a header, a body of sections, and the checksum of each block of the body.

The format is specified in docs/corpus.md. All numbers are little-endian.
"""

from __future__ import annotations

import struct
import zlib

from assay.errors import Malformed, Truncated
from assay.lazy import dataclass

MAGIC = b"ASSAYCOR"
VERSION = 1
HEADER = 4096  # bytes; the body starts on a page
BLOCK = 4096  # bytes of the body that one checksum covers
FRAME = 1 << 16  # bytes of text that are compressed together
RECORDS = 256  # records of documents that are compressed together
_FIXED = struct.Struct(
    "<8sII QQ II"
)  # magic, version, sections; bytes of body, of checksums; CRC of the latter, unused
_ROW = struct.Struct("<16sQQQI4x")  # name; offset, bytes, count; width in bits
MOST_SECTIONS = 32


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the body: where, how many values, and how many bits each of them has."""

    name: str
    offset: int
    bytes: int
    count: int
    width: int


@dataclass(frozen=True, slots=True)
class Header:
    """What a shard's header says: its sections, the bytes of the body, and the CRC-32 of the table of checksums."""

    sections: tuple[Section, ...]
    body: int
    checks_crc: int

    @property
    def checks(self) -> int:
        """Bytes of the table of checksums: one CRC-32 for each block."""
        return 4 * -(-self.body // BLOCK)

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return HEADER + self.body + self.checks


def packed(header: Header) -> bytes:
    """The header as it lies in the file; its last four bytes are the CRC-32 of the others."""
    fixed = _FIXED.pack(MAGIC, VERSION, len(header.sections), header.body, header.checks, header.checks_crc, 0)
    rows = b"".join(
        _ROW.pack(row.name.encode(), row.offset, row.bytes, row.count, row.width) for row in header.sections
    )
    whole = (fixed + rows).ljust(HEADER - 4, b"\0")
    return whole + struct.pack("<I", zlib.crc32(whole))


def parsed(raw: bytes, size: int) -> Header:
    """The header in the first bytes of a file of `size` bytes.

    Raises:
        Malformed: it is no shard, one of a newer version, or damaged.
        Truncated: the file is shorter than the header says.
    """
    if len(raw) < HEADER:
        raise Truncated("not a whole corpus shard", at=len(raw), expected=f"a header of {HEADER} bytes", got=len(raw))
    magic, version, count, body, checks, checks_crc, _ = _FIXED.unpack_from(raw)
    if magic != MAGIC:
        raise Malformed("not a corpus shard", at=0, expected=MAGIC, got=magic)
    if version != VERSION:
        raise Malformed("unsupported version of the corpus format", at=8, expected=VERSION, got=version)
    if zlib.crc32(raw[: HEADER - 4]) != struct.unpack_from("<I", raw, HEADER - 4)[0]:
        raise Malformed("the header does not match its checksum", at=HEADER - 4)
    if count > MOST_SECTIONS:
        raise Malformed("too many sections", at=12, expected=f"at most {MOST_SECTIONS}", got=count)
    rows = (_ROW.unpack_from(raw, _FIXED.size + i * _ROW.size) for i in range(count))
    header = Header(
        tuple(Section(row[0].rstrip(b"\0").decode("ascii", "replace"), *row[1:]) for row in rows), body, checks_crc
    )
    if checks != header.checks or size != header.size:
        raise Truncated("a corpus shard of another size", at=min(size, header.size), expected=header.size, got=size)
    for row in header.sections:
        if row.offset > body or row.bytes > body - row.offset:
            raise Malformed(f"section {row.name!r} runs past the end", at=row.offset, expected=body, got=row.bytes)
    return header
