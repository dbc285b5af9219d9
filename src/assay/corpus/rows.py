"""Rows of the files that a corpus is built from, in every format that is read, and why a row could not be read."""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from assay.corpus import _extra, unpacking
from assay.corpus.inputs import Input
from assay.corpus.kinds import columns, reader
from assay.corpus.row import NotRead, Row

COLUMNS = ("parquet", "arrow")


class _Counting(io.RawIOBase):
    """A file that hashes and counts what is read from it."""

    def __init__(self, stream: BinaryIO, digest: Any, advance: Callable[[int], None]) -> None:
        self._stream, self._digest, self._advance = stream, digest, advance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        raw = self._stream.read(len(buffer))
        buffer[: len(raw)] = raw
        self._digest.update(raw)
        self._advance(len(raw))
        return len(raw)


class Reading:
    """One input while it is read; `sha256` holds once it has been read to its end."""

    def __init__(self, source: Input, encoding: str, advance: Callable[[int], None]) -> None:
        self._input, self._encoding, self._advance = source, encoding, advance
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Digest of the bytes read so far."""
        return self._digest.hexdigest()

    def rows(self) -> Iterator[Row | NotRead]:
        """Every row, and for each that could not be read the reason."""
        try:
            with opened(self._input.uri) as raw:
                stream = io.BufferedReader(_Counting(raw, self._digest, self._advance), 1 << 20)
                yield from Parsing(self._input, self._encoding).rows(stream, lambda: opened(self._input.uri))
                while stream.read(1 << 20):  # what a reader left, so that the digest is that of the file
                    pass
        except OSError as cause:
            yield NotRead(0, _why(cause))


class Parsing:
    """The rows of one input, from its bytes."""

    def __init__(self, source: Input, encoding: str) -> None:
        self._input, self._encoding = source, encoding

    def rows(self, stream: BinaryIO, opened: Callable[[], Any]) -> Iterator[Row | NotRead]:
        """Every row, and for each that could not be read the reason.

        Args:
            stream: the bytes, one after another.
            opened: the file, for kinds that are read here and there.
        """
        source = self._input
        try:
            if source.kind in COLUMNS:
                with opened() as file:
                    yield from columns.rows(file, source.kind, unpacking.most(source.size))
            else:
                plain = unpacking.unpacked(stream, source.packing, unpacking.most(source.size))
                yield from reader(source.kind)(plain, source, self._encoding)
        except errors() as cause:
            yield NotRead(0, _why(cause))


def opened(uri: str) -> Any:
    """The file at a path or behind a URL, to be read."""
    return _extra.fsspec().open(uri, "rb") if "://" in uri else open(uri, "rb")


def _why(cause: BaseException) -> str:
    return f"cannot be read on ({type(cause).__name__}: {' '.join(str(cause).split())[:120]})"


def errors() -> tuple[type[Exception], ...]:
    """What bad input makes readers raise: built-in errors, and those of the libraries that were used."""
    found: list[type[Exception]] = [OSError, EOFError, ValueError, RecursionError, MemoryError, NotImplementedError]
    known = (
        ("zlib", "error"), ("lzma", "LZMAError"), ("tarfile", "TarError"), ("zipfile", "BadZipFile"),
        ("xml.parsers.expat", "ExpatError"), ("zstandard", "ZstdError"), ("pyarrow", "ArrowException"),
        ("lxml.etree", "LxmlError"), ("pypdf.errors", "PyPdfError"),
        ("warcio.exceptions", "ArchiveLoadFailed"),
        ("warcio.statusandheaders", "StatusAndHeadersParserException"),
    )  # fmt: skip
    return (*found, *(getattr(sys.modules[module], name) for module, name in known if module in sys.modules))
