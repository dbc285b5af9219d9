"""The text of PDF by pypdf, where it is installed (extra `pdf`); text in pictures is not read.

Whoever reads PDF in a locked worker imports this module first: pypdf is imported with it, and tried out, for it imports
more of itself when it reads.
"""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from typing import Any

from assay.lazy import regex

# what pypdf was seen to raise on damaged files, beside its own errors and ValueError
DAMAGED = (KeyError, TypeError, AttributeError, IndexError, AssertionError, ArithmeticError, NotImplementedError)
_PAGE_NUMBER = regex(r"\W*(?:page\s+)?\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?\W*\Z", re.IGNORECASE)
_EDGE = 2  # lines at the top and at the bottom of a page that may be its head and foot
_TRIED = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R>>endobj\n"
    b"4 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>endobj\n"
    b"5 0 obj<</Length 27>>stream\nBT /F 9 Tf (A licence) Tj ET\nendstream endobj\n"
    b"trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"
)


def installed() -> bool:
    """Whether there is a library to read PDF with."""
    return _PYPDF is not None


def opened(raw: bytes) -> Any:
    """The document, as a `pypdf.PdfReader`.

    Raises:
        ValueError: it cannot be read, or is encrypted; pypdf's own errors are ValueErrors too.
    """
    try:
        reader = _PYPDF.PdfReader(io.BytesIO(raw), strict=False)
        encrypted = reader.is_encrypted
        if not encrypted:
            len(reader.pages)
    except (*DAMAGED, RecursionError, _PYPDF.errors.PyPdfError) as cause:
        raise ValueError(f"not a PDF that can be read: {type(cause).__name__}") from None
    if encrypted:
        raise Encrypted("a PDF that is encrypted")
    return reader


class Encrypted(ValueError):
    """A document that needs a password."""


def page(reader: Any, number: int) -> str | None:
    """The text of one page (from 0): blank if it has none, None if it is damaged."""
    try:
        return str(reader.pages[number].extract_text() or " ")
    except (*DAMAGED, ValueError, RecursionError, _PYPDF.errors.PyPdfError):
        return None


def pictured(reader: Any, number: int) -> bool:
    """Whether a page draws what is no text, such as a scan of one; also where that cannot be seen."""
    try:
        resources = reader.pages[number].get("/Resources")
        return resources is not None and bool(resources.get_object().get("/XObject"))
    except (*DAMAGED, ValueError, RecursionError, _PYPDF.errors.PyPdfError):
        return True


def running(pages: list[str]) -> str:
    """The text of all pages, without their numbers; what heads or foots several of them stands there once."""
    edges = Counter(line for text in pages for line in {*_edges(text)})
    seen: set[str] = set()
    kept: list[str] = []
    for text in pages:
        lines = text.split("\n")
        for at, line in enumerate(lines):
            said = line.strip()
            edge = at < _EDGE or at >= len(lines) - _EDGE
            if edge and (_PAGE_NUMBER.match(said) or (edges[said] > 1 and said in seen)):
                continue
            if edge:
                seen.add(said)
            kept.append(line)
    return "\n".join(kept)


def _edges(text: str) -> list[str]:
    lines = [line.strip() for line in text.split("\n")]
    return [line for line in (*lines[:_EDGE], *lines[-_EDGE:]) if line]


def _tried() -> Any:
    try:
        import pypdf
    except ImportError:
        return None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    pypdf.PdfReader(io.BytesIO(_TRIED), strict=False).pages[0].extract_text()
    return pypdf


_PYPDF = _tried()
