"""PDF: the text of all pages as one document, by pypdf; text in pictures is not read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from assay.corpus import _extra, unpacking
from assay.corpus.inputs import Input
from assay.corpus.kinds.text import whole
from assay.corpus.row import NotRead, Row
from assay.formats.encoding import pdf

MOST_PAGES = 20_000


def rows(stream: BinaryIO, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    """The file as one document; pages without text are counted."""
    _extra.pypdf()
    raw = whole(stream)
    try:
        reader = pdf.opened(raw)
    except pdf.Encrypted as locked:
        yield NotRead(1, str(locked))
        return
    about, count = _about(reader), len(reader.pages)
    texts: list[str] = []
    left = most = unpacking.most(len(raw))
    for number in range(min(count, MOST_PAGES)):
        text = pdf.page(reader, number)
        left -= len(text or "")
        if left < 0:
            raise ValueError(unpacking.bomb(most))
        if text and not text.isspace():
            texts.append(text)
        else:
            yield NotRead(number + 1, "a page of a PDF without text" if text else "a page of a PDF that is damaged")
    if count > MOST_PAGES:
        yield NotRead(MOST_PAGES, f"the pages of a PDF after {MOST_PAGES:,}")
    yield Row(1, {"text": "\n\n".join(texts), **about}, name=source.name)


def _about(reader: Any) -> dict[str, str]:
    """What the document says of itself; nothing where that part is damaged."""
    rows = (("title", "/Title"), ("date", "/CreationDate"))
    try:
        said = reader.metadata or {}
        return {key: str(value) for key, name in rows if (value := said.get(name))}
    except (*pdf.DAMAGED, ValueError):
        return {}
