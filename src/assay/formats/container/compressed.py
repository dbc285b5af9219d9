"""Streams of gzip, zlib, bzip2, xz and lzma, one after another, unpacked a piece at a time."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator

from assay.errors import Malformed
from assay.formats.container.nest import STEP, ended
from assay.formats.window import Window

_PIECE = 1 << 20


def streams(window: Window, head: bytes, rest: list[int]) -> Iterator[bytes]:
    """The unpacked bytes of every stream in the file; the offset of what is no stream goes to `rest`."""
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
