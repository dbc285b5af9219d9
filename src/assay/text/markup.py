"""The text of a page of HTML, by the standard library: no scripts, no styles, a line for each block."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from assay.lazy import regex


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_HIDDEN = _set("script style noscript template head svg math iframe object")
_BLOCKS = _set(
    "address article aside blockquote br dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 "
    "h4 h5 h6 header hr li main nav ol option p pre section summary table tbody td th thead title tr ul"
)
_LEFT = _set("head svg math")  # what a block ends that stands in it
_PAGE = regex(r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html)\b", re.I | re.S)


def is_page(text: str) -> bool:
    """Whether a text is a page of HTML by its beginning."""
    return _PAGE.match(text) is not None


def page_text(text: str) -> str:
    """What a reader of a page sees, in order, blocks parted by blank lines; entities are resolved."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return "\n\n".join(line for line in lines if line)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _HIDDEN:
            self._hidden.append(tag)
        elif tag == "body":
            self._hidden.clear()  # a head that was never closed hides nothing of it
        elif tag in _BLOCKS:
            while tag != "title" and self._hidden and self._hidden[-1] in _LEFT:
                self._hidden.pop()
            self.pieces.append("\n")

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            while self._hidden.pop() != tag:
                pass
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(data.replace("\n", " "))
