"""The text of a page of MediaWiki without its markup, in time linear in its length."""

from __future__ import annotations

import html
import re

from assay.lazy import regex

_BRACES = regex(r"\{\{|\}\}|^[ :*#]*\{\||^\|\}(?!\})", re.MULTILINE)
_TAGS = ("ref", "math", "gallery", "timeline", "score", "imagemap", "templatestyles")  # what they hold is no prose
_LINK = regex(r"\[\[([^\[\]]{0,2000})\]\]")
_OUTSIDE = regex(r"\[(?:https?:|ftp:)?//[^\s\[\]]{0,2000}([^\[\]]{0,2000})\]")
_TAG = regex(r"</?[A-Za-z][^<>]{0,1000}>")
_QUOTES = regex(r"'{2,5}")
_HEADING = regex(r"^(={1,6})[ \t]*([^\n]*?)[ \t]*\1[ \t]*$", re.MULTILINE)
_MARK = regex(r"^[*#:;]+[ \t]*|^-{4,}", re.MULTILINE)
_SWITCH = regex(r"__[A-Z]{3,30}__")
# of files and categories only the namespace is known, in the languages of the largest wikis
_FILE = regex(
    r"(?:file|image|category|datei|bild|kategorie|fichier|catégorie|archivo|categoría|immagine|categoria|ficheiro|"
    r"файл|категория|ファイル|カテゴリ|文件|分类|plik|bestand|categorie)\s*:",
    re.IGNORECASE,
)


def plain(text: str) -> tuple[str, bool]:
    """The text, and whether templates, tables, references, formulas or files were in it, which are left out."""
    bare = _without(text, "<!--", "-->")
    noted = bare
    for tag in _TAGS:
        bare = _without_tag(bare, tag)
    bare = _without_braces(bare)
    left = len(bare) < len(noted)
    for _ in range(4):  # a caption may have links in it
        linked = _LINK.sub(_shown, bare)
        if linked == bare:
            break
        left = left or bool(_FILE.search(bare))
        bare = linked
    bare = _OUTSIDE.sub(r"\1", bare)
    bare = _HEADING.sub(r"\2", _TAG.sub("", bare))
    bare = html.unescape(_SWITCH.sub("", _MARK.sub("", _QUOTES.sub("", bare))))
    return "\n".join(line for part in bare.split("\n") if (line := part.strip())), left


def _shown(link: re.Match[str]) -> str:
    target, _, shown = link[1].partition("|")
    return "" if _FILE.match(target.strip()) else shown or target.lstrip(":")


def _without(text: str, begin: str, end: str) -> str:
    """The text without what stands between two marks; one that is never closed is a mark alone."""
    pieces, at = [], 0
    while (start := text.find(begin, at)) >= 0 and (stop := text.find(end, start + len(begin))) >= 0:
        pieces.append(text[at:start])
        at = stop + len(end)
    pieces.append(text[at:])
    return "".join(pieces)


def _without_tag(text: str, name: str) -> str:
    """The text without elements of a name; one that is never closed is a tag alone."""
    opened = re.compile(rf"<{name}(?:\s[^<>]{{0,2000}})?>", re.IGNORECASE)
    closed = re.compile(rf"</{name}\s{{0,10}}>", re.IGNORECASE)
    pieces, at = [], 0
    while found := opened.search(text, at):
        end = found if found[0].endswith("/>") else closed.search(text, found.end())
        if end is None:
            break
        pieces.append(text[at : found.start()])
        at = end.end()
    pieces.append(text[at:])
    return "".join(pieces)


def _without_braces(text: str) -> str:
    """The text without templates and tables, however nested; braces that match no other go alone."""
    opened: list[tuple[int, str]] = []
    closed: list[tuple[int, int]] = []
    for mark in _BRACES.finditer(text):
        kind = mark[0].strip(" :*#")
        if kind in ("{{", "{|"):
            opened.append((mark.start(), kind))
        elif (opened and opened[-1][1][1] == kind[0] == "{") or (opened and (opened[-1][1], kind) in _PAIRS):
            start, _ = opened.pop()
            while closed and closed[-1][0] > start:
                closed.pop()
            closed.append((start, mark.end()))
    pieces, at = [], 0
    for start, stop in closed:
        pieces.append(text[at:start])
        at = stop
    pieces.append(text[at:])
    return "".join(pieces)


_PAIRS = frozenset({("{{", "}}"), ("{|", "|}")})
