"""EPUB 2 and 3 (Open Container Format): the chapters of a book in their order, as one document."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import unquote

from assay.corpus import _extra, unpacking
from assay.corpus.inputs import Input
from assay.corpus.kinds import html
from assay.corpus.kinds.text import whole
from assay.corpus.row import NotRead, Row

_DAMAGED = (RuntimeError, EOFError, OSError, zlib.error, zipfile.BadZipFile)  # RuntimeError: encrypted
MOST_MEMBERS = 20_000
MOST_XML = 16 << 20  # bytes of what tells of the book
_PAGES = ("application/xhtml+xml", "text/html", "text/x-oeb1-document")


class _Book:
    """The members of a book, of which so many bytes may be unpacked."""

    def __init__(self, raw: bytes) -> None:
        self._zip = zipfile.ZipFile(io.BytesIO(raw))
        self._left = self._most = unpacking.most(len(raw))
        if len(self._zip.namelist()) > MOST_MEMBERS:
            raise ValueError(f"an EPUB of more than {MOST_MEMBERS:,} files")

    def read(self, name: str) -> bytes:
        """A member (ValueError: it is not there, or too much was unpacked)."""
        try:
            with self._zip.open(name) as member:
                raw = member.read(max(0, self._left) + 1)
        except (KeyError, *_DAMAGED) as cause:
            raise ValueError(f"{name[:80]} cannot be read ({' '.join(str(cause).split())[:80]})") from None
        self._left -= len(raw)
        if self._left < 0:
            raise ValueError(unpacking.bomb(self._most))
        return raw

    def xml(self, name: str) -> Any:
        """The root of a member, without entities or a document type from elsewhere."""
        etree = _extra.lxml_etree()
        raw = self.read(name)
        if len(raw) > MOST_XML:
            raise ValueError(f"{name[:80]} is larger than {MOST_XML >> 20} MiB")
        return etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def rows(stream: BinaryIO, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    """The book as one document; chapters that cannot be read are counted."""
    book = _Book(whole(stream))
    paths = book.xml("META-INF/container.xml").xpath("//*[local-name()='rootfile']/@full-path")
    path = next(iter(paths), "")
    package = book.xml(path)
    about = {
        key: " ".join(str(package.xpath(f"string(//*[local-name()='{name}'])")).split())
        for key, name in (("title", "title"), ("language", "language"), ("date", "date"), ("license", "rights"))
    }
    texts: list[str] = []
    number = 0
    for number, (name, media) in enumerate(_spine(package, path), 1):
        if media not in _PAGES:
            yield NotRead(number, f"a part of a book of content {media[:60]}")
            continue
        try:
            raw = book.read(name)
        except ValueError as cause:
            yield NotRead(number, f"a chapter that cannot be read ({cause})")
            continue
        for found in html.page(raw, number) if raw.strip() else ():
            if isinstance(found, Row):
                texts.append(found.fields["text"])
            else:
                yield found
    if not number:
        yield NotRead(0, "an EPUB that names no chapters")
    yield Row(1, {"text": "\n\n".join(texts), **about}, name=source.name)


def _spine(package: Any, path: str) -> Iterator[tuple[str, str]]:
    """(name, media type) of each part of the book, in the order of reading."""
    items = {
        item.get("id"): (posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(item.get("href") or ""))),
                         item.get("media-type") or "")
        for item in package.xpath("//*[local-name()='manifest']/*[local-name()='item']")
    }  # fmt: skip
    for part in package.xpath("//*[local-name()='spine']/*[local-name()='itemref']/@idref")[:MOST_MEMBERS]:
        yield items.get(part, (str(part), "that is not in the book"))
