"""PDF: the text of all pages as one document, by pypdf; text in pictures is not read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from assay.corpus import _extra, unpacking
from assay.corpus.inputs import Input
from assay.corpus.kinds.text import whole
from assay.corpus.row import NotRead, Row

MOST_PAGES = 20_000
# what pypdf was seen to raise on damaged files, beside its own errors and ValueError
_DAMAGED = (KeyError, TypeError, AttributeError, IndexError, AssertionError, ArithmeticError, NotImplementedError)


def rows(stream: BinaryIO, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    """The file as one document; pages without text are counted."""
    library = _extra.pypdf()
    raw = whole(stream)
    try:
        reader = library.PdfReader(io.BytesIO(raw), strict=False)
        if reader.is_encrypted:
            yield NotRead(1, "a PDF that is encrypted")
            return
        count = len(reader.pages)
        about = _about(reader)
    except _DAMAGED as cause:
        raise ValueError(f"not a PDF that can be read: {type(cause).__name__}") from None
    texts: list[str] = []
    left = most = unpacking.most(len(raw))
    for number in range(min(count, MOST_PAGES)):
        text = _page(reader, number)
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


def _page(reader: Any, number: int) -> str | None:
    try:
        return str(reader.pages[number].extract_text() or " ")
    except (*_DAMAGED, ValueError, RecursionError, _extra.pypdf().errors.PyPdfError):
        return None


def _about(reader: Any) -> dict[str, str]:
    said = reader.metadata or {}
    return {
        key: str(value) for key, name in (("title", "/Title"), ("date", "/CreationDate")) if (value := said.get(name))
    }
