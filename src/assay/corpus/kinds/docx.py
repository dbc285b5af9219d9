"""Word documents (Office Open XML, ECMA-376 part 1, chapter 17): the paragraphs and notes, as one document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from assay.corpus import _extra
from assay.corpus.inputs import Input
from assay.corpus.kinds._zipped import Zipped
from assay.corpus.kinds.text import whole
from assay.corpus.row import NotRead, Row

MOST_BODY = 128 << 20  # bytes of the main part
_BODY = "word/document.xml"
_NOTES = ("word/footnotes.xml", "word/endnotes.xml")
# parts that hold words which are no text of the document: how their names begin, and what is said of them
_ASIDE = (
    ("word/comments", "comments of a document"), ("word/header", "headers and footers of a document"),
    ("word/footer", "headers and footers of a document"), ("word/media/", "pictures of a document"),
    ("word/embeddings/", "objects in a document"), ("word/charts/", "objects in a document"),
    ("word/diagrams/", "objects in a document"), ("word/afchunk", "objects in a document"),
    ("word/glossary/", "objects in a document"),
)  # fmt: skip
_WITHIN = {"t": None, "tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# what was deleted, and a second form of what is there for programs that do not know the first
_LEFT = frozenset({"del", "moveFrom", "Fallback"})


def rows(stream: BinaryIO, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    """The text of the document; what is beside it is counted."""
    held = Zipped(whole(stream), "a Word document")
    names = set(held.names)
    paragraphs = list(_paragraphs(held.xml(_BODY, MOST_BODY)))
    for name in _NOTES:
        if name in names:
            paragraphs += _paragraphs(held.xml(name, MOST_BODY))
    about = {}
    if "docProps/core.xml" in names:
        core = held.xml("docProps/core.xml")
        about = {
            key: " ".join(str(core.xpath(f"string(//*[local-name()='{name}'])")).split())
            for key, name in (("title", "title"), ("language", "language"), ("date", "created"))
        }
    said = {reason: None for name in held.names for start, reason in _ASIDE if name.startswith(start)}
    for reason in said:
        yield NotRead(1, reason)
    yield Row(1, {"text": "\n".join(paragraphs), **about}, name=source.name)


def _paragraphs(root: Any) -> Iterator[str]:
    """The words of each paragraph that has some, in the order of the document."""
    pieces: list[str] = []
    hidden = 0
    # walked as events, as elements may be nested without end
    for event, element in _extra.lxml_etree().iterwalk(root, events=("start", "end")):
        name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
        if name in _LEFT:
            hidden += 1 if event == "start" else -1
        elif event == "start" and not hidden and name in _WITHIN:
            pieces.append(_WITHIN[name] or element.text or "")
        elif event == "end" and name == "p" and pieces:
            if text := "".join(pieces).strip():
                yield text
            pieces = []
    if text := "".join(pieces).strip():
        yield text
