"""What a legal text calls itself: the lines of its first page that name a licence, an agreement or a policy.

A name is evidence beside the body. Two licences of one family share most of their words, and differ in what they call
themselves; a body that is like a licence of another name is not that licence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from assay.lazy import dataclass, regex
from assay.licence._titled import PATTERNS
from assay.licence.name import named
from assay.licence.spdx import listed
from assay.licence.spelling import REF, is_listed, key, spelt, texts
from assay.licence.unlisted import UNLISTED
from assay.licence.words import plain

PAGE, MOST_LINES = 2000, 24  # the first page: characters, and lines with something on them
MOST_WORDS = 16  # of a line that is a title
MOST_NOTICE = 4000  # characters of a text that only declares its licence
_NOUN = regex(
    r"\b(?:licen[cs](?:e|es|ing)|agreement|terms|policy|eula|rail|openrail|dedication|legal code)\b",
    re.IGNORECASE,
)
_MARKUP = regex(r"[*`]+|(?<!\w)_+|_+(?!\w)|[®™]|\((?:r|tm)\)", re.IGNORECASE)
_EDGE = " \t*_#>=~|/\\-–—:;,.\"'“”`•"
# what follows a name in a title and is not part of it
_TAIL = regex(
    r"[\s,;:(–—-]*\b(?:dated|last (?:updated|modified|revised)|effective|as of|release date|version (?:release|date)"
    r"|v?\d{1,2}(?:\.\d+)* release|(?:january|february|march|april|may|june|july|august|september|october|november"
    r"|december)\b|\d{1,2} (?:january|february|march|april|may|june|july|august|september|october|november|december))"
    r".*\Z",
    re.IGNORECASE,
)
_SECTION = regex(r"(?:section|article|part|chapter|clause)?\s*[\dIVXivx]{1,4}(?:\.\d+)*\s*[.):–-]", re.IGNORECASE)
# words of a sentence; a title has none
_PROSE = regex(
    r"\b(?:is|are|was) (?:\w+ )?(?:granted|licen[cs]ed|permitted|distributed|released|free|copied|available)\b"
    r"|\byou (?:can|may|must|should)\b|\bas published by\b|\bunder the terms of\b",
    re.IGNORECASE,
)
_COPYRIGHT = regex(r"\s*(?:copyright|\(c\)|©)", re.IGNORECASE)
_IDENTIFIER = regex(
    r"SPDX-License-Identifier:\s*"
    r"((?:\( ?)*[A-Za-z0-9.+-]{1,80}(?: ?\))*(?: (?i:and|or|with) (?:\( ?)*[A-Za-z0-9.+-]{1,80}(?: ?\))*)*)"
)
_UNDER = regex(
    r"\b(?:under|to|by|licen[cs]e(?: is)?:?)(?: the)?(?: terms of)?(?: the)? "
    r"((?-i:[A-Z])[\w .,-]{1,70}?(?:licen[cs]e|\d(?:\.\d)?)(?:,? v(?:ersion)?\.? ?\d(?:\.\d)?)?)(?=[\s.,;:()]|\Z)",
    re.IGNORECASE,
)
_SENTENCE = regex(r"(?<=[.;])\s+(?=[A-Z])")
_WEIGHTS = regex(r"\b(?:weights|models?|checkpoints?|parameters)\b", re.IGNORECASE)
_TERMS = regex(r"\b(?:licen[cs]\w*|terms|agreement|polic(?:y|ies))\b", re.IGNORECASE)
_ADDRESS = regex(r"https?://[^\s<>()\[\]\"']{4,200}")
# words of a title that do not tell one licence from another
_GENERAL = frozenset(
    """
    software open source public general license licence agreement terms and conditions of use the for this a an file
    files code copyright notice version legal information project package library text full details clause copying is
    are distributed under licensed model weights models all rights reserved expat new revised simplified international
    code
    """.split()  # noqa: SIM905 - one word a line would be a page
)


@dataclass(frozen=True, slots=True)
class Title:
    """A line that names a licence: its number (from 1), what it says, and the id of the licence (empty: no known
    one). Of a sentence that puts something under a licence, its name; `said` is that it is no line of its own.
    """

    line: int
    text: str
    id: str
    said: bool = False


def titles(lines: list[str], start: int, stop: int) -> Iterator[Title]:
    """The titles among the lines from number `start` up to before `stop` (from 1); bounded to the first page."""
    seen = size = 0
    before = above = ""  # the last line that may begin a title, and the same if it is the line above
    for number in range(start, min(stop, len(lines) + 1)):
        said = " ".join(_MARKUP.sub(" ", plain(lines[number - 1][:1000])).split()).strip(_EDGE)
        if not said:
            above = ""
            continue
        seen, size = seen + 1, size + len(said)
        if seen > MOST_LINES or size > PAGE:
            return
        if len(said.split()) <= MOST_WORDS and not _SECTION.match(said):
            joined = f"{before} {said}".strip()
            found, whole = _id(said), said
            if not found and (found := _id(joined)):
                whole = joined
            if not found and _PROSE.search(said):
                if name := _UNDER.search(f"{above} {said}"):
                    yield Title(number, name[1], _id(name[1]), said=True)
            elif is_listed(found) or (_NOUN.search(whole) and not _COPYRIGHT.match(said)):
                yield Title(number, said if found or _COPYRIGHT.match(above) else f"{above} {said}".strip(), found)
            before = above = said
        else:
            before = above = ""


def marked(text: str) -> str:
    """The id of the licence of which the first page says a mark: a name in the middle of a line, or how its text
    begins.
    """
    said = f" {' '.join(re.findall(r'[a-z0-9]+|[+]{2}', text[:PAGE].lower()))} "
    found = [(said.find(f" {mark} "), -len(mark), row.id) for row in UNLISTED for mark in row.marks]
    return min((row for row in found if row[0] >= 0), default=(0, 0, ""))[2]


def declared(text: str) -> str:
    """The licence that a short text puts something under: as SPDX-License-Identifier, by its name after "under the",
    or by the address of its text; empty if it says none, or several, is too long to be no more than that, or says in
    another sentence that the weights have terms too.
    """
    if len(text) > MOST_NOTICE:
        return ""
    head = plain(" ".join(text.split()))
    said = [found[1] for found in _IDENTIFIER.finditer(head)]
    if not said:
        said = [found[1] for found in _UNDER.finditer(head)] + _ADDRESS.findall(head)
    found = {id for name in said if not name.lower().startswith(REF) and (id := named(name.rstrip(".,;:")))}
    beside = [row for row in _SENTENCE.split(head) if not _UNDER.search(row) and not _IDENTIFIER.search(row)]
    if any(_WEIGHTS.search(row) and _TERMS.search(row) for row in beside):
        return ""
    one = {id for id in found if not any(id in texts(other) for other in found)} if len(found) > 1 else found
    return next(iter(one)) if len(one) == 1 else ""


def calls_itself(said: str, id: str) -> bool:
    """Whether a title that names no known licence can be that of this one: it has no word that its names lack."""
    words = {word for word in key(said).split() if word not in _GENERAL and not word.isdigit()}
    if "library general public" in key(said):  # what the LGPL was called first
        words.add("library")
    return bool(key(said)) and words <= _words(id)


@lru_cache(256)
def _words(id: str) -> frozenset[str]:
    row = listed().get(id)
    names = [id, row.title if row else "", *(name for entry in UNLISTED if entry.id == id for name in entry.names)]
    return frozenset(word for name in names for word in re.findall(r"[a-z]+|\d+", name.lower()))


@lru_cache(1024)
def _id(said: str) -> str:
    """The licence that a line names, with or without what follows a name in a title."""
    if said.lower().startswith(REF):
        return ""  # an identifier, whose table would have to be read from a file
    bare = _TAIL.sub("", said).strip(_EDGE)
    for name in (said, bare):
        found = spelt(name) if name else ""
        if found:
            return found
    words = key(bare)
    return next((id for pattern, id in PATTERNS if pattern.match(words)), "") if words else ""


def family_of(title: str, id: str) -> bool:
    """Whether a title leaves open which text is meant, and the text with this id is one of those."""
    return id in texts(title)
