"""Dumps of MediaWiki (export-0.10 and 0.11), read as they come: the text of each article without its markup.

Document types and entities are refused: no dump has any.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from xml.parsers import expat

from assay.corpus.inputs import Input
from assay.corpus.kinds.wikitext import plain
from assay.corpus.row import NotRead, Row

PIECE = 1 << 16
MOST_PAGE = 64 << 20  # characters of one page with its history
MOST_DEPTH = 16
_KEPT = frozenset({"title", "ns", "id", "timestamp", "model", "text", "base"})


class _Dump:
    """The pages of a dump, from the events of a parser."""

    def __init__(self) -> None:
        self.pages: list[dict[str, str]] = []
        self.base = self.language = ""
        self.is_dump = False
        self._path: list[str] = []
        self._page: dict[str, str] = {}
        self._pieces: list[str] = []
        self._size = self._revisions = 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if not self._path:
            self.is_dump, self.language = name == "mediawiki", attributes.get("xml:lang", "")
        if len(self._path) >= MOST_DEPTH:
            raise ValueError(f"elements nested more than {MOST_DEPTH} deep")
        self._path.append(name)
        self._pieces.clear()
        if name == "page":
            self._page, self._size, self._revisions = {}, 0, 0
        elif name == "redirect":
            self._page["redirect"] = "yes"

    def text(self, text: str) -> None:
        if self._path[-1] in _KEPT:
            self._size += len(text)
            if self._size > MOST_PAGE:
                raise ValueError(f"a page of more than {MOST_PAGE >> 20} million characters")
            self._pieces.append(text)

    def end(self, name: str) -> None:
        parent = self._path[-2] if len(self._path) > 1 else ""
        if name in _KEPT and parent in ("page", "revision", "siteinfo"):
            self._told(name, parent, "".join(self._pieces))
        if name == "page" and parent == "mediawiki":
            self._page["revisions"] = str(self._revisions)
            self.pages.append(self._page)
        self._path.pop()
        self._pieces.clear()

    def _told(self, name: str, parent: str, value: str) -> None:
        if parent == "siteinfo":
            self.base = value.rpartition("/")[0] + "/" if name == "base" else self.base
            self._size = 0
        elif name != "id" or parent == "page":
            self._page[name] = value
            self._revisions += name == "text"


def rows(stream: BinaryIO, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    """A row for each article; redirects, pages of other namespaces and older revisions are counted."""
    dump = _Dump()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = dump.begin, dump.end
    parser.CharacterDataHandler = dump.text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refused
    number, last = 0, False
    while not last:
        piece = stream.read(PIECE)
        last = not piece
        parser.Parse(piece, last)
        for page in dump.pages:
            number += 1
            yield from _article(page, number, dump)
        dump.pages.clear()
    if not dump.is_dump:
        yield NotRead(0, "XML that is no dump of a wiki")


def _refused(*told: object) -> None:
    raise ValueError("it declares a document type or an entity, which no dump does")


def _article(page: dict[str, str], number: int, dump: _Dump) -> Iterator[Row | NotRead]:
    if "redirect" in page:
        yield NotRead(number, "a redirect")
    elif page.get("ns", "0") != "0":
        yield NotRead(number, f"a page of namespace {page['ns'][:10]}")
    elif page.get("model", "wikitext") != "wikitext":
        yield NotRead(number, f"a page of {page['model'][:40]}")
    else:
        if page["revisions"] not in ("0", "1"):
            yield NotRead(number, "the older revisions of a page")
        text, left = plain(page.get("text", ""))
        if left:
            yield NotRead(number, "templates, tables, references and files of a page")
        title = page.get("title", "")
        yield Row(
            number,
            {
                "text": text,
                "id": page.get("id", ""),
                "title": title,
                "url": dump.base + title.replace(" ", "_") if dump.base else "",
                "date": page.get("timestamp", ""),
                "language": dump.language,
            },
        )
