"""LaTeX: the text of a source without its commands, citations, labels and comments."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import BinaryIO

from assay.corpus.inputs import Input
from assay.corpus.kinds.text import decoded, whole
from assay.corpus.row import NotRead, Row
from assay.lazy import regex

_COMMENT = regex(r"(?<!\\)%[^\n]*\n?")
_OPTIONS = r"(?:\[[^\[\]]{0,500}\]){0,3}"
_TITLE = regex(r"\\title" + _OPTIONS + r"\{((?:[^{}]|\{[^{}]{0,200}\}){0,500})\}")
_UNSAID = regex(
    r"\\(?:[a-zA-Z]*cite[a-zA-Z]*|[a-zA-Z]*ref|label|includegraphics|usepackage|documentclass|bibliography(?:style)?|"
    r"input|include|vspace|hspace|pagestyle|thispagestyle|setlength|newcommand|renewcommand|hypersetup)\*?"
    + _OPTIONS
    + r"(?:\{[^{}]{0,2000}\}){0,3}"
)
_ENVIRONMENT = regex(r"\\(?:begin|end)\{[^{}]{0,100}\}" + _OPTIONS)
_ACCENT = regex(r"\\(?:([\"'`^~=.]) {0,3}\{?\\?([A-Za-z])\}?|([uvHck])\{\\?([A-Za-z])\})")
_ABOVE = dict(
    zip("\"'`^~=.uvHck", "\u0308\u0301\u0300\u0302\u0303\u0304\u0307\u0306\u030c\u030b\u0327\u0328", strict=True)
)
_COMMAND = regex(r"\\[a-zA-Z@]{1,60}\*?" + _OPTIONS)
_ESCAPED = regex(r"\\([%&_$#{} ])")


def rows(stream: BinaryIO, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    """The source as one document."""
    raw, damaged = decoded(whole(stream), encoding)
    bare = _COMMENT.sub("\n", raw)
    if re.search(r"(?<!\\)%[ \t]*\w", raw):
        yield NotRead(1, "comments in LaTeX")
    title = _TITLE.search(bare)
    begin, end = bare.find("\\begin{document}"), bare.rfind("\\end{document}")
    if begin >= 0:
        bare = bare[begin : end if end > begin else None]
    yield Row(1, {"text": plain(bare), "title": plain(title[1]) if title else ""}, damaged, source.name)


def plain(text: str) -> str:
    """The text without commands; what their last argument says stays."""
    text = _ENVIRONMENT.sub(" ", _UNSAID.sub("", text))
    text = _ACCENT.sub(lambda found: _composed(found[1] or found[3], found[2] or found[4]), text)
    text = _ESCAPED.sub(r"\1", _COMMAND.sub("", text.replace("\\\\", "\n")))
    text = re.sub(r"[{}$]", "", text.replace("~", " "))
    return "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()


def _composed(accent: str, letter: str) -> str:
    return unicodedata.normalize("NFC", letter + _ABOVE[accent])
