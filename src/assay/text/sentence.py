"""Split text into sentences by rules: abbreviations, numbers, addresses, quotations, lists, CJK and Indic marks.

English first, with what other languages write the same way. A single line break is white space, since much text is
wrapped, unless the next line begins an item, a heading, a row or a label; a blank line always ends a sentence, and a
semicolon never does. A bracket or quotation inside a sentence is not cut open. Time is linear in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from assay.lazy import regex
from assay.text.abbreviation import (
    DATES,
    DEGREES,
    ENDING,
    EXCLAIMED,
    LETTERED,
    LINKING,
    MONTHS,
    NUMBERED,
    PLACES,
    SHORT,
    SHORTENED,
    SPEAKS,
    STARTERS,
    TITLES,
    WEEKDAYS,
    ZONES,
)

MOST_HELD = 300  # characters of a bracket or quotation that is not cut open
_LOOK_BACK = 40  # characters before a mark in which its word is looked for

_EAST = "。！？｡．।॥۔؟։።။។"  # marks after which no space is needed
_CLOSE = "\"'”’»›)\\]}）］】》〉」』*_`~"
_QUOTES = frozenset("\"'”’»›)]}）］】》〉」』")
_LINE = r"\n\r\f\v\x1c-\x1e\x85\u2028\u2029"
_EVENT = regex(
    rf"(?P<line>[{_LINE}]\s*)"
    rf"|(?P<marks>\.(?: \.){{2,}}|[.!?…‽{_EAST}]+)(?P<close>(?:[{_CLOSE}]|\[\d{{1,3}}\]|[¹²³⁰⁴-⁹])*)"
)
_ALNUM = regex(r"[^\W_]")
_NEXT = regex(r"\w{1,24}(?:['’]\w{1,4})?")
_BACKWARDS = regex(r"[^\s()\[\]{}\"“”«»‹›,;:!?…—–/*`。！？]*")
_INITIALS = regex(r"(?:[^\W\d_]\.)+[^\W\d_]\Z")
_ORDINARY = regex(r"(?=.*[aeiouyà-öø-ÿ])[a-zà-öø-ÿ](?:[a-zà-öø-ÿ'’-]*[a-zà-öø-ÿ])?\Z")
_ROMAN = regex(r"(?:[IVXLC]{1,6}|[ivxlc]{1,6})\Z")
_HAN = regex(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_HIRAGANA = regex(r"[\u3040-\u309f]")
_SAYS = regex(r"[他她我你们們]{1,2}[^。！？]{0,4}?[说說道问問答喊叫]")
_SPEAKER = regex(r"[ \t]+(?:I|[A-Z][\w’'-]{1,30}(?: [A-Z][\w’'-]{1,30})?) ([a-z]{4,9})\b")
_AT = regex(r"(?:At|By|Until|Before|After|From|Since|Around|Between)\s+[\d:.]{1,5}\s*")  # opens a sentence
_DAYS, _HOURS = DATES | MONTHS, DATES | MONTHS | WEEKDAYS | ZONES
_PARAGRAPH = regex(r"\n[^\S\n]*\n|\r[^\S\r\n]*\r|[\f\x1c-\x1e\u2029]")

# a line that begins one of these begins a sentence
_ITEM = regex(
    r"[-*+•‣◦▪●○■□]\s+\S"  # a bullet
    r"|\(?\d{1,3}[.)]\s+\S|\(?(?:[A-Za-z]|[ivx]{2,4}|[IVX]{2,4})\)\s"  # 1.  (2)  a)  (iv)
    r"|#{1,6}\s|\||```|~~~"  # a heading, a row of a table, a fence
    r"|[A-ZÀ-ÖØ-Þ][\w’'-]{0,30}(?: [\w’'-]{1,30}){0,2}:(?:\s|\Z)"  # Name: value
)
_ROW = regex(r"#{1,6}\s|\||```|~~~")  # a sentence that begins so ends with its line
_RULE = regex(r"[ \t]*(?:[-=_*~#+][ \t]*){3,}")  # a line that only draws one

# what may stand between two brackets or quotation marks; of line breaks those that only wrap
_WRAP = r"\r?\n[ \t]{0,80}(?=[a-z][\w'’-]{0,40}[^\w)'’-])"
_HELD = tuple(
    regex(f"{left}(?:[^{inner}{_LINE}]|{_WRAP}){{0,{MOST_HELD}}}{right}")
    for left, inner, right in (
        (r"\(", r"()", r"\)"),
        (r"\[", r"\[\]", r"\]"),
        ("“", "“”", "”"),
        ("«", "«»", "»"),
        ("「", "「」", "」"),
        ("（", "（）", "）"),
        (r"(?<![^\s(\[—–-])\"(?=[^\s\"])", '"', r"(?<=[^\s\"])\"(?!\w)"),
    )
)
_GOES_ON = regex(rf"(?:[ \t]|{_WRAP}){{0,80}}[a-zà-öø-ÿ]|,")


def split(text: str) -> Iterator[str]:
    """The sentences of a text, in order, without the white space around them."""
    for start, stop in bounds(text):
        yield text[start:stop]


def bounds(text: str) -> Iterator[tuple[int, int]]:
    """(start, stop) of each sentence in order, in characters; what lies between two of them is white space."""
    reader = _Reader(text)
    start, line = _skipped(text, 0), 0
    for match in _EVENT.finditer(text):
        at = match.start()
        if at < start:
            continue
        if match["line"] is not None:
            ends, stop = reader.breaks(start, max(start, line), match), at
            line = match.end()
        else:
            ends, stop = reader.ends(start, match), match.end()
        if ends:
            if start < stop:
                yield start, start + len(text[start:stop].rstrip())
            start = _skipped(text, match.end())
    if start < len(text):
        yield start, start + len(text[start:].rstrip())


def _skipped(text: str, at: int) -> int:
    """The first character from here on that is no white space."""
    found = _INK.search(text, at)
    return found.start() if found else len(text)


_INK = regex(r"\S")


class _Reader:
    """One text, with what its rules look up: where words begin, and brackets and quotations that hold together."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._held = [[match.span() for match in pattern.finditer(text)] for pattern in _HELD]
        self._starts = [[start for start, _ in rows] for rows in self._held]
        self._first, self._after = -1, -1  # the last letters that were looked up: of a sentence, after a mark
        self._border = -1  # the last paragraph that ends before `_after`

    def breaks(self, start: int, line: int, match: re.Match[str]) -> bool:
        """Whether a line break ends the sentence that begins at `start`; `line` is where its own line begins."""
        text, at, after = self._text, match.start(), match.end()
        gap = match["line"]
        if gap.count("\n") > 1 or ("\n" not in gap and gap.count("\r") > 1) or _PARAGRAPH.search(gap):
            return True
        if _ITEM.match(text, after) or _ROW.match(text, start) or _RULE.fullmatch(text, line, at):
            return True
        return text[at - 1 : at] == ":" and not text[after : after + 1].islower()

    def ends(self, start: int, match: re.Match[str]) -> bool:
        """Whether a mark ends the sentence that begins at `start`."""
        text, at, stop = self._text, match.start(), match.end()
        marks, close = match["marks"], match["close"]
        if stop >= len(text) or not self._has_word(start, at):
            return False
        if not text[stop].isspace():
            return self._ends_east(at, stop, marks, close) and not self._is_held(start, stop)
        first = self._next(stop)
        if first < 0 or self._is_held(start, stop):
            return False
        following = _NEXT.match(text, first)
        after = following[0] if following else text[first]
        lower = _is_lower(after)
        quoted = not _QUOTES.isdisjoint(close)
        if quoted and (lower or _speaker(text, stop)):
            return False
        before = _BACKWARDS.match(text[max(start, at - _LOOK_BACK) : at][::-1])
        word = before[0][::-1].lstrip("'’") if before else ""
        if "." not in marks.strip("…") or len(marks) > 1 or "…" in marks:
            return _ends_marked(text, at, marks, close, word, after)
        return self._ends_stop(start, at - len(word), word, after)

    def _ends_east(self, at: int, stop: int, marks: str, close: str) -> bool:
        """Whether a mark that is followed by no space ends a sentence: of a script that writes none."""
        text, after = self._text, self._text[stop]
        if marks[-1] in "!?" and _HAN.match(text, stop) and _HAN.match(text, at - 1):
            return True
        if marks[-1] not in _EAST or after in ",，、;；:：" or (after.isdigit() and marks[-1] == "．"):
            return False
        return not close or not (_HIRAGANA.match(text, stop) or _SAYS.match(text, stop))

    def _ends_stop(self, start: int, at: int, word: str, after: str) -> bool:
        """Whether one full stop after a word ends the sentence. `at`: where the word begins."""
        lower, digit, starter = _is_lower(after), after[0].isdigit(), _stem(after) in STARTERS
        plain = word.lower()
        if self._first >= at and ((word.isdigit() and len(word) <= 3) or len(word) == 1 or _ROMAN.match(word)):
            return False  # the mark of an item
        if plain in LINKING or word in TITLES:
            return False
        if len(word) == 1 and word.isalpha():
            return self._ends_letter(start, at, word, after)
        if word in DEGREES or _INITIALS.match(word):
            if plain in ("a.m", "p.m") and self._text[max(start, at - 3) : at].rstrip()[-1:].isdigit():
                return not lower and not digit and after not in _HOURS and not _AT.fullmatch(self._text, start, at)
            return starter
        if plain in NUMBERED and (digit or lower or (len(after) == 1 and not starter) or _ROMAN.match(after)):
            return False
        if plain in ENDING or word in PLACES:
            return starter
        if word in DATES:
            return not lower and not digit and after not in _DAYS
        if word.isdigit() and (lower or after in MONTHS or (digit and len(word) <= 2)):
            return False  # an ordinal, as German writes it
        ordinary = len(word) > 2 and plain not in SHORTENED and _ORDINARY.match(word) is not None
        return not lower or not word or word in SHORT or ordinary

    def _ends_letter(self, start: int, at: int, letter: str, after: str) -> bool:
        """Whether a full stop after a single letter ends the sentence."""
        if _is_lower(after) or letter == "v":
            return False
        if letter.islower():
            return letter.isascii() and not after[0].isdigit()
        ahead = self._text[max(start, at - _LOOK_BACK) : at].split()
        return _stem(after) in STARTERS or bool(ahead and ahead[-1].lower() in LETTERED)

    def _has_word(self, start: int, at: int) -> bool:
        """Whether a letter or digit stands between the beginning of the sentence and here."""
        if self._first < start:
            found = _ALNUM.search(self._text, start)
            self._first = found.start() if found else len(self._text)
        return self._first < at

    def _next(self, at: int) -> int:
        """Where the next word of the same paragraph begins, or -1."""
        if self._after < at:
            found = _ALNUM.search(self._text, at)
            self._after = found.start() if found else len(self._text)
            self._border = -1
            for match in _PARAGRAPH.finditer(self._text, at, self._after):
                self._border = match.start()
        return -1 if self._after == len(self._text) or at <= self._border else self._after

    def _is_held(self, start: int, at: int) -> bool:
        """Whether a bracket or quotation of this sentence is open here that is not to be cut."""
        text = self._text
        if _ROW.match(text, start):
            return False
        for starts, rows in zip(self._starts, self._held, strict=True):
            row = bisect_right(starts, at - 1) - 1
            if row < 0:
                continue
            left, right = rows[row]
            if not start <= left < at < right:
                continue
            if left > start or text[right - 2] == "," or _GOES_ON.match(text, right):
                return True  # what begins a sentence and is one itself is split as any other text is
        return False


def _ends_marked(text: str, at: int, marks: str, close: str, word: str, after: str) -> bool:
    """Whether an exclamation, a question or an ellipsis ends the sentence."""
    if close[:1] in (")", "]") and text[at - 1 : at] in ("(", "["):
        return False  # [...] and (?)
    if "!" in marks or "?" in marks or "‽" in marks:
        return f"{word}{marks}" not in EXCLAIMED or _stem(after) in STARTERS
    if any(mark in _EAST for mark in marks):
        return True
    return not _is_lower(after) and not after[0].isdigit() and _stem(after).lower() != word.lower()


def _speaker(text: str, at: int) -> bool:
    """Whether a name and a verb of speech follow."""
    found = _SPEAKER.match(text, at)
    return found is not None and found[1] in SPEAKS


def _is_lower(word: str) -> bool:
    """Whether it is an ordinary word in lower case; a name like sRGB, x86 or pg_ctl may begin a sentence."""
    plain = _stem(word)
    return plain.islower() and plain.isalpha()


def _stem(word: str) -> str:
    """The word without what follows an apostrophe."""
    return re.split("['’]", word, maxsplit=1)[0]
