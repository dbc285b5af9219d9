"""One compressed file: gzip (RFC 1952), zlib (RFC 1950), bzip2, xz and lzma. What is inside is read as what it is."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator

from assay.errors import Malformed
from assay.facts.structure import Contents, Flaw, FlawKind
from assay.formats import Format
from assay.formats.window import Window

_PIECE = 1 << 20
_SUFFIXES = (".gz", ".gzip", ".bz2", ".xz", ".lzma", ".z", ".zlib")
_SHORT = {".tgz": ".tar", ".tbz2": ".tar", ".txz": ".tar"}


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield what bears on loading in the file inside."""
    from assay.formats._nest import contained, unpacked

    head = window.rest(0, 6)
    rest: list[int] = []

    def begin() -> Iterator[bytes]:
        return _unpacked(window, head, rest)

    inner = unpacked(artifact, window, begin, window.size)
    if isinstance(inner, Flaw):
        yield inner
        return
    if rest:
        yield Flaw(
            artifact,
            FlawKind.HIDDEN,
            f"{window.size - rest[0]:,} bytes follow the compressed data, from byte {rest[0]:,}",
            rest[0],
        )
    yield Contents(artifact, FORMAT.id, 1)
    yield from contained(artifact, _inside(artifact), inner)


def _inside(artifact: str) -> str:
    """The name of what is inside: without the suffix of the compression."""
    name = artifact.rpartition(" > ")[2].rpartition("/")[2]
    lower = name.lower()
    for short, long in _SHORT.items():
        if lower.endswith(short):
            return name[: -len(short)] + long
    suffix = next((suffix for suffix in _SUFFIXES if lower.endswith(suffix)), "")
    return name[: len(name) - len(suffix)] if suffix else name


def _unpacked(window: Window, head: bytes, rest: list[int]) -> Iterator[bytes]:
    """The unpacked bytes of every stream in the file; the offset of what is no stream goes to `rest`."""
    from assay.formats._nest import STEP, ended

    at = 0
    ended(window.size > 0)
    while at < window.size:
        if at and not _begins(window.rest(at, 6), head):
            rest[:] = [at]
            return
        engine = _engine(head)
        try:
            while not engine.eof and at < window.size:
                raw = window.rest(at, STEP)
                at += len(raw)
                if isinstance(engine, bz2.BZ2Decompressor | lzma.LZMADecompressor):
                    yield from _drained(engine, raw)
                else:
                    while raw and not engine.eof:
                        yield engine.decompress(raw, _PIECE)
                        raw = engine.unconsumed_tail
        except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError) as broken:
            raise Malformed(f"compressed data is damaged ({broken})", at=at) from broken
        ended(engine.eof)
        at -= len(engine.unused_data)


def _drained(engine: bz2.BZ2Decompressor | lzma.LZMADecompressor, raw: bytes) -> Iterator[bytes]:
    yield engine.decompress(raw, _PIECE)
    while not engine.needs_input and not engine.eof:
        yield engine.decompress(b"", _PIECE)


def _begins(found: bytes, head: bytes) -> bool:
    return bool(found) and found[:2] == head[:2] and head[:1] != b"\x78"


def _engine(head: bytes) -> bz2.BZ2Decompressor | lzma.LZMADecompressor | zlib._Decompress:
    if head.startswith(b"\x1f\x8b"):
        return zlib.decompressobj(16 + zlib.MAX_WBITS)
    if head.startswith(b"BZh"):
        return bz2.BZ2Decompressor()
    if head.startswith((b"\xfd7zXZ", b"\x5d\x00\x00")):
        return lzma.LZMADecompressor(memlimit=128 * 1024 * 1024)
    return zlib.decompressobj()


FORMAT = Format(
    "compressed", "compressed file", read,
    names=("*.gz", "*.tgz", "*.bz2", "*.tbz2", "*.xz", "*.txz", "*.lzma", "*.zlib"),
    magic=((0, b"\x1f\x8b\x08"), (0, b"BZh"), (0, b"\xfd7zXZ\x00"), (0, b"\x5d\x00\x00"), (0, b"\x78\x01"), (0, b"\x78\x5e"), (0, b"\x78\x9c"), (0, b"\x78\xda")),
    needs=("assay.formats._every", "assay.formats._nest"),
)  # fmt: skip
