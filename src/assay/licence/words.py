"""The words of a licence text, without what differs from copy to copy: names, years, marks of lists and of mark-up.

What is left out is left out of the known text and of the one to be judged alike. Nothing that says what one may do is
left out: a notice or a name that holds such a word stays, and then shows as a difference.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterator

from assay.lazy import dataclass, regex

MOST_LINE, MOST_WORD = 20_000, 60  # characters of a line that are read at once, and of a word that goes on in the next
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
# of these, with a capital, names of companies and institutes consist as well: "Arm Limited", "Microsoft Research"
_OF_NAMES = frozenset(
    ("academic", "educational", "evaluation", "government", "internal", "limited", "military", "research", "users")
)
# but not beside one of these, which make a term of them
_OF_TERMS = frozenset(
    (
        "for",
        "to",
        "in",
        "license",
        "licensed",
        "licence",
        "purpose",
        "purposes",
        "version",
        "edition",
        "basis",
        "access",
    )
)
_HTML = regex(r"<(?:!doctype html|html|body|p|div|br|h[1-6])\b", re.IGNORECASE)
_TAG = regex(r"<(?:/?[a-zA-Z][^<>]{0,300}|!--[^>]{0,2000}--)>")
# mark-up inside Markdown; not what stands for a name to be filled in, such as <year>
_INLINE = regex(
    r"</?(?:br|p|div|span|center|h[1-6]|b|i|em|strong|u|sup|sub|hr|a|ul|ol|li)(?:\s[^<>]{0,300})?/?>", re.IGNORECASE
)
_ENTITY = regex(r"&(?:[a-zA-Z]{2,8}|#\d{1,5}|#x[0-9a-fA-F]{1,5});")
_INVISIBLE = regex("[\u00ad\u200b-\u200d\u2060\ufeff]")
_LINK = regex(r"\[([^\[\]\n]{1,400})\]\(<?([^()\s<>]{1,400})>?(?:\s+\"[^\"\n]{0,200}\")?\)")
_REFERENCE = regex(r"\A\s{0,3}\[[^\]\n]{1,60}\]:\s*\S+\s*\Z")  # where a link of Markdown leads, on a line of its own
_PIECE = regex(rf".{{1,{MOST_LINE}}}(?=\s|\Z)|.{{1,{MOST_LINE}}}", re.DOTALL)
_BROKEN = regex(r"[^\W\d_][-\u2010\u2011]\s*\Z")  # a line that ends in the middle of a word
_GOES_ON = regex(r"[\s>*#/;|]*[^\W\d_]")
_NOTICE = regex(
    r"(?:portions\s+)?(?:copyright|copr\.|\(c\)|©)\s*(?:\(c\)|©|&copy;)?\s*[:,]?\s*"
    r"(?=[<\[{(]?\s*(?:19|20)\d\d|[<\[{]|\(c\)|©|yyyy|by\s)[^\n]*",
    re.IGNORECASE,
)
_RESERVED = regex(r"all\s+rights?\s+reserved\.?", re.IGNORECASE)
# a mark of a list; but not the last of the numbers in "sections 15 and 16."
_MARKER = regex(
    r"(?<![\w.])(?<!and )(?<!or )(?<!section )(?<!sections )(?<!version )"
    r"\(?(?:\d{1,2}(?:\.\d{1,2}){0,3}|[a-zA-Z]|[ivxIVX]{1,5})\\?[.)](?=[\s*_]|$)"
)
_HYPHEN = regex(r"(?<=[^\W_])[-\u2010\u2011]\s?(?=[^\W_])")
_WORD = regex(r"[^\W_]+")
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
    regex(r"(?<=\bneither the )(names?(?: of)? (?:\S+ ){1,40}?)(?=nor (?:the )?names? )"),
    regex(r"(?<=\bsoftware is provided by )((?:\S+ ){1,40}?)(?=as is\b)"),
    regex(r"(?<=\bno event shall )((?:\S+ ){1,40}?)(?=be liable\b)"),
    regex(r"(?<=\bpermission notice )(including the next paragraph )"),  # optional in the SPDX list (MIT)
    regex(r"(?<=\bnor )((?:the )?names? of (?:(?:its|their|any|the|other|project) )*contributors? )"),
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word in lower case: its line (from 1), whether it is written as a name or number is, and whether it belongs
    to the address that a Markdown link leads to.
    """

    text: str
    line: int
    name: bool = False
    target: bool = False


def words(text: str) -> list[Word]:
    """The words of a text in their order."""
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n"))
    if len(_HTML.findall(text[:4000])) >= 2:
        text = _TAG.sub(lambda tag: " " + "\n" * tag[0].count("\n"), text)
    found: list[Word] = []
    broken = False
    for number, line in enumerate(text.split("\n"), 1):
        for piece in _PIECE.findall(line) or [line]:
            row = list(_line(_plain(piece), number, target=bool(_REFERENCE.match(piece))))
            if broken and row and found and len(found[-1].text) < MOST_WORD and _GOES_ON.match(piece):
                row[0] = Word(found[-1].text + row[0].text, found[-1].line, found.pop().name)
            broken = bool(_BROKEN.search(piece))
            found += row
    return _unnamed(found)


def plain(line: str) -> str:
    """A line as it reads: without tags, entities and the addresses of links."""
    return _LINK.sub(r"\1", _plain(line))


def _plain(line: str) -> str:
    line = _INLINE.sub(" ", line) if "<" in line else line
    return html.unescape(line) if "&" in line and _ENTITY.search(line) else line


def _line(text: str, number: int, *, target: bool) -> Iterator[Word]:
    if "](" not in text:
        yield from _words(text, number, target=target)
        return
    at = 0
    for link in _LINK.finditer(text):
        yield from _words(text[at : link.start()], number)
        said, there = list(_words(link[1], number)), list(_words(link[2], number, target=True))
        yield from said
        if [word.text for word in said] != [word.text for word in there]:
            yield from there
        at = link.end()
    yield from _words(text[at:], number)


def _words(text: str, number: int, *, target: bool = False) -> Iterator[Word]:
    text = _RESERVED.sub(" ", _NOTICE.sub(_without_notice, text))
    for word in _WORD.findall(_HYPHEN.sub("", _MARKER.sub(" ", text))):
        lower = word.casefold()
        yield Word(_SAME.get(lower, lower), number, word[0].isupper() or word[0].isdigit(), target)


def _without_notice(notice: re.Match[str]) -> str:
    """Nothing in place of a line of copyright, unless it says more than whose."""
    said = _WORD.findall(notice[0])
    names = [word for word in said if word[0].isupper() and word.casefold() in _OF_NAMES]
    rest = {word.casefold() for word in said if word not in names}
    kinds = {word.casefold() for word in names} - {"limited"}
    term = OPERATIVE & rest or len(kinds) > 1 or (names and _OF_TERMS & rest)
    return notice[0] if term or len(said) > MOST_NOTICE else " "


def _unnamed(found: list[Word]) -> list[Word]:
    joined = " ".join(word.text for word in found) + " "
    spans = [
        match.span(1)
        for pattern in _NAMED
        for match in pattern.finditer(joined)
        if not (OPERATIVE - {"no"}) & set(match[1].split())
    ]
    if not spans:
        return found
    starts, at = [], 0
    for word in found:
        starts.append(at)
        at += len(word.text) + 1
    gone = {
        index
        for first, last in spans
        for index in range(bisect_right(starts, first) - 1, bisect_right(starts, last - 1))
    }
    return [word for index, word in enumerate(found) if index not in gone]
