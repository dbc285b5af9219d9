"""Plain text, and the encodings that a byte order mark tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from assay.corpus.inputs import Input
from assay.corpus.row import NotRead, Row

MOST = 256 << 20  # bytes of a file that is one document
SNIFF = 8192


def rows(stream: BinaryIO, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    """The file as one document."""
    raw = whole(stream)
    if b"\0" in raw[:SNIFF] and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield NotRead(1, "not text: it holds NUL bytes")
    else:
        text, damaged = decoded(raw, encoding)
        yield Row(1, {"text": text}, damaged, source.name)


def whole(stream: BinaryIO) -> bytes:
    """All bytes of a file that is one document (ValueError: they are too many)."""
    raw = stream.read(MOST + 1)
    if len(raw) > MOST:
        raise ValueError(f"a document larger than {MOST >> 20} MiB")
    return raw


def decoded(raw: bytes, encoding: str) -> tuple[str, bool]:
    """Text and whether bytes had to be replaced; a byte order mark overrides `encoding`."""
    encoding = marked(raw) or encoding
    try:
        return raw.decode(encoding), False
    except UnicodeDecodeError:
        return raw.decode(encoding, "replace"), True


def marked(raw: bytes) -> str:
    """The encoding that a byte order mark tells, or empty."""
    marks = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    return next((name for mark, name in marks if raw.startswith(mark)), "")
