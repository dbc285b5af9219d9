"""HTML: the text of a page, without scripts and styles, and its title."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from assay.corpus import _extra
from assay.corpus.inputs import Input
from assay.corpus.kinds.text import decoded, whole
from assay.corpus.row import NotRead, Row

NOT_MAIN = "a page of which only the main text is indexed"


def rows(stream: BinaryIO, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    """The page as one document."""
    raw = whole(stream)
    if not raw.strip():
        yield Row(1, {"text": ""}, name=source.name)
        return
    for found in page(raw, main_text=source.main_text):
        yield replace(found, name=source.name) if isinstance(found, Row) else found


def page(raw: bytes, number: int = 1, *, main_text: bool = False) -> Iterator[Row | NotRead]:
    """Text and title of a page; with `main_text` without navigation, menus and the like, which is then counted."""
    if main_text and (found := _main(raw)):
        yield NotRead(number, NOT_MAIN)
        yield Row(number, found)
    else:
        yield _all(raw, number)


def _main(raw: bytes) -> dict[str, str]:
    """Main text and title as Resiliparse finds them; empty where it finds none."""
    tree = _extra.parsed_html(raw)
    text = _extra.main_text().extract_plain_text(tree, main_content=True)
    return {"text": text, "title": " ".join((tree.title or "").split())[:300]} if text and text.strip() else {}


def _encoding(raw: bytes) -> str | None:
    return None if decoded(raw, "utf-8")[1] else "utf-8"


def _all(raw: bytes, number: int) -> Row | NotRead:
    library = _extra.lxml_html()
    from lxml.etree import LxmlError

    parser = library.HTMLParser(
        huge_tree=False, remove_comments=True, remove_pis=True, no_network=True, encoding=_encoding(raw)
    )
    try:
        root = library.document_fromstring(raw, parser=parser)
    except (LxmlError, ValueError) as cause:
        return NotRead(number, f"not HTML ({str(cause)[:80]})")
    for gone in root.xpath("//script|//style|//noscript|//template"):
        gone.drop_tree()
    title = root.findtext(".//title") or ""
    body = root.find("body")
    pieces: list[str] = []
    for element in (body if body is not None else root).iter():
        if element.tag in _BREAKS:
            pieces.append("\n")
        pieces.append(element.text or "")
        if element.tail:
            pieces.append(f"\n{element.tail}" if element.tag in _BREAKS else element.tail)
    lines = (" ".join(line.split()) if "\t" not in line else line.rstrip() for line in "".join(pieces).split("\n"))
    text = "\n".join(line for line in lines if line)
    return Row(number, {"text": text, "title": " ".join(title.split())[:300]}, "\ufffd" in text)


_BREAKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ]
)
