"""The sections of a card or document by their headings: of Markdown, of HTML, underlined, or bold and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from assay.facts.heading import topics
from assay.facts.text import Section
from assay.formats._mentions import fence, withholds
from assay.lazy import dataclass, regex
from assay.text.word import words

MOST_TITLE = 12  # words of a heading that is only underlined
BOLD = 7  # the level of a line that is bold and nothing else, below those of Markdown
# no score has seven digits: rows of parameters, tokens and bytes are no results
_FIGURE = r"[-+~]?(?!\d{7}|\d{1,3}(?:[.,]\d{3}){2})\d[\d.,]*\s*%?"
# a row of a table with a cell that is a number, an item of a list that is a label and a number
_ROW = regex(
    rf"\s*\|.*\|\s*[*]*{_FIGURE}[*]*\s*(?:\||$)|\s*[^|]{{1,200}}\|\s*[*]*{_FIGURE}[*]*\s*(?:\||$)"
    rf"|\s*[-*+]\s+[^:|]{{1,80}}:\W{{0,4}}{_FIGURE}\W*$"
)
_HEADING = regex(r"(#{1,6})\s+(.*)")
_HTML_HEADING = regex(r"<h([1-6])(?:\s[^<>]*)?>(.{1,300}?)</h[1-6]>", re.IGNORECASE)
_BOLD_HEADING = regex(r"\s*(?:\*\*|__)([^*_|.]{2,80}?):?(?:\*\*|__):?\s*\Z")
_UNDERLINE = regex(r"(?:(=)={2,}|-{3,})\s*\Z")
_TAGS = regex(r"<[^<>]{0,500}>")
_PARTS = regex(r"(</?t[rd](?:\s[^<>]*)?>)", re.IGNORECASE)
_NUMERIC = regex(rf"\s*{_FIGURE}\s*\Z")


@dataclass(frozen=True, slots=True)
class Part:
    """A section, and the title that says what it is about: its own, or that of the section it belongs to."""

    section: Section
    about: str


def sections(body: list[str], start: int) -> Iterator[Section]:
    """The headings of a Markdown text whose first line is line `start` + 1, with what stands below each.

    `figures` counts rows of tables, of HTML too, and items of lists that hold a number. What stands below a heading
    that announces nothing itself ("### French") counts for the nearest above it that does ("## Evaluation") as well.
    """
    return (row.section for row in parts(body, start))


def parts(body: list[str], start: int) -> tuple[Part, ...]:
    """The same, each with the title that says what it is about."""
    rows = tuple(_headed(body, start))
    whole = [row for _, row in rows]
    about = [row.title for _, row in rows]
    above: list[tuple[int, int, bool]] = []  # level, number, whether the title announces something
    for number, (level, row) in enumerate(rows):
        while above and above[-1][0] >= level:
            above.pop()
        speaks = bool(topics(row.title))
        # the title of the card is about everything, and so about nothing
        owner = next((at for _, at, says in reversed(above) if says and (at or rows[0][0] > 1)), None)
        if not speaks and owner is not None:
            about[number] = whole[owner].title
            whole[owner] = replace(
                whole[owner],
                words=whole[owner].words + row.words,
                figures=whole[owner].figures + row.figures,
                denial=row.denial if whole[owner].denial is None else whole[owner].denial,
            )
        above.append((level, number, speaks))
    return tuple(Part(section, title) for section, title in zip(whole, about, strict=True))


def _headed(body: list[str], start: int) -> Iterator[tuple[int, Section]]:
    """(level, section) of each heading, with what stands between it and the next."""
    title, level, line, count, denial, figures, fenced = "", 0, start + 1, 0, None, 0, False
    tables = _Tables()
    for number, text in enumerate(body, start + 1):
        fenced ^= fence(text)
        below = body[number - start] if number - start < len(body) else ""
        deep, heading = (0, "") if fenced else _heading(text[:500], below)
        if heading:
            if title:
                yield level, Section(title, line, count, denial, figures)
            title, level, line, count, denial, figures = heading[:200], deep, number, 0, None, 0
        else:
            count += words(_TAGS.sub(" ", text))
            figures += tables.rows(text[:2000]) or _ROW.match(text[:2000]) is not None
            if denial is None and withholds(text[:5000]):
                denial = number
    if title:
        yield level, Section(title, line, count, denial, figures)


def _heading(text: str, below: str) -> tuple[int, str]:
    """Level and title that a line is; an empty title for other lines."""
    if match := _HEADING.match(text):
        return len(match[1]), _TAGS.sub("", match[2]).strip().strip("#").strip()
    if match := _HTML_HEADING.search(text):
        return int(match[1]), _TAGS.sub("", match[2]).strip()
    if match := _BOLD_HEADING.match(text):
        return BOLD, _TAGS.sub("", match[1]).strip()
    if text.strip() and "|" not in text and (match := _UNDERLINE.match(below)) and len(text.split()) <= MOST_TITLE:
        return 1 if match[1] else 2, text.strip()
    return 0, ""


class _Tables:
    """Rows of HTML tables that hold a number, while lines are read in their order."""

    def __init__(self) -> None:
        self._cell = self._counted = False

    def rows(self, text: str) -> int:
        """How many rows get their first number in this line."""
        added = 0
        for part in _PARTS.split(text) if self._cell or "<t" in text.lower() else ():
            tag = part[:4].lower()
            if tag.startswith(("<tr", "</tr")):
                self._cell = self._counted = False
            elif tag.startswith(("<td", "</td")):
                self._cell = tag.startswith("<td")
            elif self._cell and not self._counted and _NUMERIC.match(_TAGS.sub("", part)):
                self._counted = True
                added += 1
        return added
