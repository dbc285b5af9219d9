"""Licence files as PDF: the text of their pages, read as that of any licence file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.errors import LimitExceeded, Malformed
from assay.formats import Format, inert_file
from assay.formats.licence import FORMAT as TEXT
from assay.formats.licence import MOST, of_text
from assay.formats.window import Window
from assay.licence.place import PDF_NAMES, is_unended

MARK = b"%PDF-"
MOST_BYTES = 32 * 1024 * 1024
MOST_PAGES = 300


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield what the text of the pages was identified as; where a page cannot be read, nothing is."""
    yield from inert_file.read(artifact, window)
    if window.depth:  # of a container only what bears on loading is told
        return
    from assay.formats.encoding.pdf import Encrypted, installed, opened

    if not installed():
        raise LimitExceeded("it is a PDF, and reading it needs an extra: pip install 'openassay[pdf]'")
    if window.size > MOST_BYTES:
        raise LimitExceeded(
            "PDF larger than assay reads", expected=f"at most {MOST_BYTES:,} bytes", got=f"{window.size:,}"
        )
    try:
        document = opened(window.read(0, window.size))
    except Encrypted as locked:
        raise LimitExceeded(str(locked)) from locked
    except ValueError as broken:
        raise Malformed(str(broken)) from broken
    yield from of_text(artifact, _text(document))


def _text(document: Any) -> str:
    from assay.formats.encoding.pdf import page, pictured, running

    count = len(document.pages)
    if count > MOST_PAGES:
        raise LimitExceeded("PDF with more pages than assay reads", expected=f"at most {MOST_PAGES}", got=count)
    texts: list[str] = []
    for number in range(count):
        said = page(document, number)
        if said is None:
            raise Malformed(f"page {number + 1} of {count} of a PDF is damaged")
        if not said.isspace():
            texts.append(said)
        elif pictured(document, number):
            raise LimitExceeded(f"page {number + 1} of {count} of a PDF holds no text, but perhaps a picture of it")
        if sum(map(len, texts)) > MOST:
            raise LimitExceeded("text larger than assay reads", expected=f"at most {MOST:,} characters", got="more")
    if not texts:
        raise LimitExceeded("a PDF without text")
    return running(texts)


FORMAT = Format(
    "licence-pdf",
    "licence as PDF",
    read,
    names=PDF_NAMES,
    magic=((0, MARK),),
    both=True,
    needs=("assay.formats.encoding.pdf", *TEXT.needs, *inert_file.FORMAT.needs),
    guess=lambda name, head: head.startswith(MARK) and is_unended(name),
    examines=(),
    gaps=(),
)
