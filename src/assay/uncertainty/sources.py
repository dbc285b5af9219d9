"""Documents that a text is checked against, as text: plain, Markdown, HTML, PDF, Word and EPUB.

What a library unpacks (PDF, Word, EPUB) is read in the locked process that parses the inputs of a corpus.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from assay import files
from assay.errors import UsageError
from assay.lazy import dataclass
from assay.text.markup import is_page, page_text

MOST_BYTES = 16 << 20  # of a document
_OTHER = "give UTF-8 text, Markdown, HTML, PDF, Word (.docx) or EPUB"
_HEAD = 1024  # bytes in which a PDF says that it is one (ISO 32000-1, annex H, implementation note 13)
_ZIP, _RTF, _OLE = b"PK\x03\x04", b"{\\rtf", b"\xd0\xcf\x11\xe0"
_NO_TEXT = "a page of a PDF without text"


@dataclass(frozen=True, slots=True)
class Source:
    """A document: its name, the digest of its text, the text, and what of it was not read."""

    name: str
    sha256: str
    text: str
    missing: tuple[str, ...] = ()


def source(name: str, text: str, missing: tuple[str, ...] = ()) -> Source:
    """A document from its text, or from the page of HTML that this is."""
    read = plain_text(text)
    return Source(name, hashlib.sha256(read.encode()).hexdigest(), read, missing)


def plain_text(text: str) -> str:
    """What a reader sees of a text: of a page of HTML its words, anything else as it is."""
    return page_text(text) if is_page(text) else text


def document(path: Path, what: str = "document") -> Source:
    """A document from a file (UsageError: it cannot be read, is larger than 16 MiB, or of another kind)."""
    kind = _kind(path, what)
    if not kind:
        return source(path.name, files.text(path, MOST_BYTES, what, _OTHER))
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise UsageError(f"{what} {path} is too large: expected at most {MOST_BYTES:,} bytes, got {size:,}")
    return _parsed(path, kind, what)


def is_packed(path: Path, what: str = "document") -> bool:
    """Whether a file is a document of a kind that has to be unpacked (UsageError: of one that is not read)."""
    return bool(_kind(path, what))


def _kind(path: Path, what: str) -> str:
    """`pdf`, `docx` or `epub`; empty for what is read as text, if it is one."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except (OSError, ValueError):  # reading it as text says why
        return ""
    if b"%PDF-" in head:
        return "pdf"
    ending = path.suffix.casefold()
    if head.startswith(_ZIP):
        kind = {".docx": "docx", ".docm": "docx", ".epub": "epub"}.get(ending)
        if kind is None:
            raise UsageError(f"{what} {path} is a ZIP archive with the ending {ending or 'of none'!r}: {_OTHER}")
        return kind
    if head.startswith((_RTF, _OLE)):
        found = "RTF" if head.startswith(_RTF) else "of an older Office program"
        raise UsageError(f"{what} {path} is {found}: save it as Word (.docx), or {_OTHER}")
    return ""


def _parsed(path: Path, kind: str, what: str) -> Source:
    """The text of a document that a library reads."""
    from assay.corpus.one import text_of

    text, left = text_of(path, kind)
    if not any(mark.isalnum() for mark in text):
        more = " (recognise the text of its pictures first)" if _NO_TEXT in left else ""
        raise UsageError(f"{what} {path} gives no text: {'; '.join(left) or 'it has no words'}{more}")
    missing = tuple(f"{reason} in {path.name}{f' ({count:,} of them)' * (count > 1)}" for reason, count in left.items())
    return source(path.name, text, missing)
