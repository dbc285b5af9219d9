"""EPUB 2 and 3 (Open Container Format): the chapters of a book in their order, as one document."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import unquote

from assay.corpus.inputs import Input
from assay.corpus.kinds import html
from assay.corpus.kinds._zipped import MOST_MEMBERS, Zipped
from assay.corpus.kinds.text import whole
from assay.corpus.row import NotRead, Row

_PAGES = ("application/xhtml+xml", "text/html", "text/x-oeb1-document")


def rows(stream: BinaryIO, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    """The book as one document; chapters that cannot be read are counted."""
    book = Zipped(whole(stream), "an EPUB")
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
