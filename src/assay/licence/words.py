"""The words of a licence text, without what differs from copy to copy: names, years, marks of lists and of mark-up.

What is left out is left out of the known text and of the one to be judged alike. Nothing that says what one may do is
left out: a notice or a name that holds such a word stays, and then shows as a difference.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right

MOST_LINE = 20_000  # characters of a line that are read
MOST_NAME, MOST_NOTICE = 40, 25  # words of a name, and of a line of copyright, that are left out
# words that permit, forbid or ask: with one of them a passage is more than a name
OPERATIVE = frozenset(
    """
    may must shall should not no only except unless without use uses used using user users commercial commercially
    noncommercial research prohibit prohibited prohibits forbid forbidden require requires required agree agrees
    agreed condition conditions provided permit permitted permission grant granted grants revenue monthly restrict
    restricted restriction restrictions terminate fee fees pay sell sold distribute redistribute modify limited
    liable warranty government military never nothing cannot exclude excluded excluding academic personal
    educational evaluation internal consent approval royalty royalties subject comply competitor competitors
    """.split()  # noqa: SIM905 - one word a line would be a page
)
_HTML = re.compile(r"<(?:!doctype html|html|body|p|div|br|h[1-6])\b", re.IGNORECASE)
_TAG = re.compile(r"<(?:/?[a-zA-Z][^<>]{0,300}|!--[^>]{0,2000}--)>")
_NOTICE = re.compile(
    r"(?:portions\s+)?(?:copyright|copr\.|\(c\)|©)\s*(?:\(c\)|©|&copy;)?\s*[:,]?\s*"
    r"(?=[<\[{(]?\s*(?:19|20)\d\d|[<\[{]|\(c\)|©|yyyy|by\s)[^\n]*",
    re.IGNORECASE,
)
_RESERVED = re.compile(r"all\s+rights?\s+reserved\.?", re.IGNORECASE)
_MARKER = re.compile(r"(?<![\w.])\(?(?:\d{1,2}(?:\.\d{1,2}){0,3}|[a-zA-Z]|[ivxIVX]{1,5})\\?[.)](?=[\s*_]|$)")
_HYPHEN = re.compile(r"(?<=[^\W_])[-\u2010\u2011](?=[^\W_])")
_WORD = re.compile(r"[^\W_]+")
# spellings that mean the same (SPDX licence list matching guidelines, equivalent words), and two of our own
_SAME = {
    "licence": "license",
    "licences": "licenses",
    "licenced": "licensed",
    "licencing": "licensing",
    "sublicence": "sublicense",
    "https": "http",
    "acknowledgement": "acknowledgment",
    "holders": "holder",
    "owner": "holder",
    "owners": "holder",
    "whilst": "while",
    "favour": "favor",
    "organisation": "organization",
    "judgement": "judgment",
    "merchantibility": "merchantability",
    "initialise": "initialize",
    "analogue": "analog",
}
# places in which a text names somebody: "neither the name of X nor", "software is provided by X as is",
# "in no event shall X be liable"
_NAMED = (
    re.compile(r"(?<=\bneither the )(names? of (?:\S+ ){1,40}?)(?=nor (?:the )?names? )"),
    re.compile(r"(?<=\bsoftware is provided by )((?:\S+ ){1,40}?)(?=as is\b)"),
    re.compile(r"(?<=\bno event shall )((?:\S+ ){1,40}?)(?=be liable\b)"),
    re.compile(r"(?<=\bnor )((?:the )?names? of (?:(?:its|their|any|the|other|project) )*contributors? )"),
)


def words(text: str) -> tuple[list[str], list[int]]:
    """The words in lower case, and for each of them its line (from 1)."""
    text = text.replace("\r\n", "\n")
    if len(_HTML.findall(text[:4000])) >= 2:
        text = html.unescape(_TAG.sub(lambda tag: " " + "\n" * tag[0].count("\n"), text))
    found: list[str] = []
    lines: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):
        row = _line(line[:MOST_LINE])
        found += row
        lines += [number] * len(row)
    return _unnamed(found, lines)


def _line(text: str) -> list[str]:
    text = _RESERVED.sub(" ", _NOTICE.sub(_without_notice, text))
    text = _HYPHEN.sub("", _MARKER.sub(" ", text))
    return [_SAME.get(word, word) for word in _WORD.findall(text.casefold())]


def _without_notice(notice: re.Match[str]) -> str:
    """Nothing in place of a line of copyright, unless it says more than whose."""
    said = [word.casefold() for word in _WORD.findall(notice[0])]
    return " " if len(said) <= MOST_NOTICE and not OPERATIVE & set(said) else notice[0]


def _unnamed(found: list[str], lines: list[int]) -> tuple[list[str], list[int]]:
    joined = " ".join(found) + " "
    spans = [
        match.span(1)
        for pattern in _NAMED
        for match in pattern.finditer(joined)
        if not (OPERATIVE - {"no"}) & set(match[1].split())
    ]
    if not spans:
        return found, lines
    starts, at = [], 0
    for word in found:
        starts.append(at)
        at += len(word) + 1
    gone = {
        index
        for first, last in spans
        for index in range(bisect_right(starts, first) - 1, bisect_right(starts, last - 1))
    }
    kept = [index for index in range(len(found)) if index not in gone]
    return [found[index] for index in kept], [lines[index] for index in kept]
