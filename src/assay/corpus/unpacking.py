"""Files that are packed, and how much they may stand for."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from typing import Any, BinaryIO

from assay.corpus import _extra

# what a packed file may stand for: so many times its size, and at least so much
TIMES, LEAST = 256, 256 << 20
MOST_WINDOW = 128 << 20  # of a zstd frame (RFC 8878 asks for 8 MiB, `zstd --long` takes this), and memory for xz
PIECE = 1 << 16


def most(size: int) -> int:
    """Bytes for which a file of this size may stand."""
    return max(LEAST, TIMES * size)


def bomb(most: int) -> str:
    """What is said of a file that stands for more."""
    return f"it unpacks to more than {most >> 20:,} MiB, {TIMES} times its size or more; unpack it before"


class _Bounded(io.RawIOBase):
    """What is unpacked from a file, of which there may be so much and no more."""

    def __init__(self, stream: Any, most: int) -> None:
        self._stream, self._most, self._left = stream, most, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = int(self._stream.readinto(buffer))
        self._left -= count
        if self._left < 0:
            raise ValueError(bomb(self._most))
        return count


class _Xz(io.RawIOBase):
    """xz streams one after another, with no more memory than zstd is given; lzma.LZMAFile takes what a file asks."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder: lzma.LZMADecompressor | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            raw = b""
            if self._decoder is None or self._decoder.eof:
                raw = self._decoder.unused_data if self._decoder else b""
                while not (raw := raw.lstrip(b"\0")):  # padding between two streams
                    raw = self._stream.read(PIECE)
                    if not raw:
                        return 0
                self._decoder = lzma.LZMADecompressor(memlimit=MOST_WINDOW)
            elif self._decoder.needs_input:
                raw = self._stream.read(PIECE)
                if not raw:
                    raise EOFError("it ends before its last block does")
            if found := self._decoder.decompress(raw, len(buffer)):
                buffer[: len(found)] = found
                return len(found)


def unpacked(stream: BinaryIO, packing: str, most: int) -> BinaryIO:
    """The bytes for which packed ones stand (ValueError when they are more than `most`)."""
    reader: Any
    match packing:
        case "":
            return stream
        case "gzip":
            reader = gzip.GzipFile(fileobj=stream)
        case "bz2":
            reader = bz2.BZ2File(stream)
        case "xz":
            reader = _Xz(stream)
        case _:
            unpacker = _extra.zstandard().ZstdDecompressor(max_window_size=MOST_WINDOW)
            reader = unpacker.stream_reader(stream, read_across_frames=True)
    return io.BufferedReader(_Bounded(reader, most), 1 << 20)
